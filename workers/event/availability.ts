import type { z } from 'zod'
import type { eventSummary } from '#shared/contracts/event.ts'

export type Availability = z.infer<typeof eventSummary>['availability']

/** Places of an event, seats and standing ones together. */
export interface Stock {
  readonly available: number
  readonly placeCount: number
}

/** The coarse word for how many places are free: `few` below a tenth. */
export function availabilityOf({ available, placeCount }: Stock): Exclude<Availability, null> {
  if (available <= 0) return 'sold_out'
  return available * 10 < placeCount ? 'few' : 'plenty'
}
