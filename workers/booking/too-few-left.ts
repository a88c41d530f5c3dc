import { TicketingError } from '#shared/errors.ts'

/** What is left of places of which a buyer wants too many. */
export interface PlacesLeft {
  /** Free places. */
  readonly free: number
  /** Whether others hold some, which become free again unless they are bought. */
  readonly heldByOthers: boolean
  /** Whether any place of the event, of any kind, is free or held. */
  readonly anyOfEvent: boolean
}

/**
 * The refusal if too few of the wanted places are free: `sold_out` if the event has no place left at all, else `not_enough_left` with
 * `left` and `held_by_others`. `area`: the name of the area with too few places.
 */
export function tooFewLeft({ free, heldByOthers, anyOfEvent }: PlacesLeft, area?: string): TicketingError {
  if (!anyOfEvent) return new TicketingError('sold_out', 'The event is sold out.')
  const where = area === undefined ? '' : ` in ${area}`
  const left =
    free === 0
      ? `No such place${where} is free now.`
      : `Only ${free} such ${free === 1 ? 'place is' : 'places are'} free${where} now.`
  const later = heldByOthers ? ' Others hold some, which become free again unless they are bought.' : ''
  return new TicketingError('not_enough_left', left + later, {
    extra: { left: free, held_by_others: heldByOthers, ...(area === undefined ? {} : { area }) },
  })
}
