import type { z } from 'zod'
import type { eventSummary } from '#shared/contracts/event.ts'
import { coarseCount } from '#shared/contracts/seats.ts'

export type Availability = z.infer<typeof eventSummary>['availability']

/** Places of an event: seats and GA tickets together. */
export interface Stock {
  /** Free places; a coarse count may end at `coarseCount`. */
  readonly available: number
  readonly placeCount: number
  /** No place is free or held. */
  readonly soldOut: boolean
}

/** Fewer free places than this are few for an event of any size: groups have no choice. */
const fewAnywhere = 10

/**
 * The availability in one word. `few`: fewer than 10 free places, or less than a tenth of all but never 200 or more. An event whose last
 * places are held has `few`: it is sold out once they are sold.
 */
export function availabilityOf({ available, placeCount, soldOut }: Stock): Exclude<Availability, null> {
  if (soldOut) return 'sold_out'
  const few = Math.max(fewAnywhere, Math.min(placeCount / 10, coarseCount))
  return available < few ? 'few' : 'plenty'
}
