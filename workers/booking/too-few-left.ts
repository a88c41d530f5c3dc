import { TicketingError } from '#shared/errors.ts'

/** What there is of the places that a buyer wants too many of. */
export interface PlacesLeft {
  /** Free ones. */
  readonly free: number
  /** Whether others hold some that will be free again unless they are bought. */
  readonly heldByOthers: boolean
  /** Whether the event has any place at all that is free or held, also of another kind. */
  readonly anyOfEvent: boolean
}

/**
 * The refusal when too few of the wanted places are free: `sold_out` when the event has none left at all, else `not_enough_left`
 * with `left` and `held_by_others`. `area`: the name of the area that has too few.
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
