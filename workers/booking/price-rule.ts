import type { PriceStep } from '#shared/contracts/places.ts'

/** How much of a price tier is sold. */
export interface TierSales {
  readonly name: string
  readonly steps: readonly PriceStep[]
  /** Seats of the tier without blocked ones, and how many of them are sold. */
  readonly seats: number
  readonly sold: number
}

/**
 * The only price rule. A seat costs the price of the last step that the sold share of its tier has reached, else its own price. GA tickets
 * have no tier and always cost their own price.
 */
export function currentPrice(ownPriceMinor: number, tier: TierSales | undefined): number {
  return (tier && reachedStep(tier)?.price_minor) ?? ownPriceMinor
}

/** The last step that the sold share of a tier has reached; `undefined` below the first one. */
function reachedStep({ steps, seats, sold }: Omit<TierSales, 'name'>): PriceStep | undefined {
  return seats === 0 ? undefined : steps.findLast(({ sold_percent }) => sold * 100 >= sold_percent * seats)
}
