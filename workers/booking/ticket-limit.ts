import { TicketingError } from '#shared/errors.ts'
import { type Key, publicId } from '#shared/ids.ts'

/** What counts against a buyer's limit for an event. */
export interface TicketsInUse {
  /** The hold that has not been ended, even if it is past its time. */
  readonly liveHold: { readonly ownId: string; readonly due: boolean; readonly places: number } | null
  readonly liveTickets: number
}

export interface Wish {
  readonly eventId: string
  readonly qty: number
  /** Tickets of the event that one person can have. */
  readonly limit: number
}

/** Throws `hold_exists` while an earlier hold lasts, and `ticket_limit` if there would be too many tickets. */
export function refuseBeyondLimit(inUse: TicketsInUse, { eventId, ...wish }: Wish): void {
  const { liveHold } = inUse
  if (liveHold && !liveHold.due) throw holdExists({ eventId, ownId: liveHold.ownId })
  refuseTooManyTickets(inUse, wish)
}

/** The refusal of a second hold for an event. */
export function holdExists(hold: Key): TicketingError {
  return new TicketingError('hold_exists', 'You already hold places for this event.', {
    extra: { hold_id: publicId(hold) },
  })
}

/** Throws `ticket_limit` if there would be too many tickets. */
export function refuseTooManyTickets(
  { liveTickets }: Pick<TicketsInUse, 'liveTickets'>,
  { qty, limit }: Omit<Wish, 'eventId'>,
): void {
  if (liveTickets + qty > limit) {
    throw new TicketingError('ticket_limit', `One person can have at most ${limit} tickets for this event.`, {
      extra: { limit, tickets: liveTickets },
    })
  }
}
