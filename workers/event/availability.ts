import type { z } from 'zod'
import type { eventSummary } from '#shared/contracts/event.ts'

export type Availability = z.infer<typeof eventSummary>['availability']

export interface Stock {
  readonly available: number
  readonly seatCount: number
}

/** The coarse word for how many seats are free: `few` below a tenth. */
export function availabilityOf({ available, seatCount }: Stock): Exclude<Availability, null> {
  if (available <= 0) return 'sold_out'
  return available * 10 < seatCount ? 'few' : 'plenty'
}
