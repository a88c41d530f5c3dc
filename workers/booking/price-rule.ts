import type { PriceStep } from '#shared/contracts/places.ts'

/** How far a price tier is sold. */
export interface TierSales {
  readonly name: string
  readonly steps: readonly PriceStep[]
  /** Seats of the tier, without blocked ones, and those of them that are sold. */
  readonly seats: number
  readonly sold: number
}

/**
 * The one price rule: a place costs what the last step says that the sold share of its tier has reached, else its own
 * price. GA places have no tier and always cost their own.
 */
export function presentPrice(ownPriceMinor: number, tier: TierSales | undefined): number {
  return (tier && reachedStep(tier)?.price_minor) ?? ownPriceMinor
}

/** The last step that the sold share of a tier has reached; `undefined` below the first one. */
function reachedStep({ steps, seats, sold }: Omit<TierSales, 'name'>): PriceStep | undefined {
  return seats === 0 ? undefined : steps.findLast(({ sold_percent }) => sold * 100 >= sold_percent * seats)
}
