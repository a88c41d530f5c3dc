import type { z } from 'zod'
import type { priceTier } from '#shared/contracts/event.ts'
import type { Seating } from './seating.ts'

export type PriceTier = z.infer<typeof priceTier>

/** The tiers that buyers see: one for each category that has seats. */
export function tiersOf({ layout, categoryPricesMinor, currency }: Seating): PriceTier[] {
  const used = new Set(layout.rows.flatMap(({ category }) => category))
  return layout.categories.flatMap((name, index) => {
    const priceMinor = categoryPricesMinor[index]
    if (priceMinor === undefined || !used.has(index)) return []
    return [{ name, price_minor: priceMinor, max_price_minor: priceMinor, currency }]
  })
}

/** The tier with whose price an event is listed; `undefined` when there is none. */
export function cheapestTier(tiers: readonly PriceTier[]): PriceTier | undefined {
  return tiers.toSorted((one, other) => one.price_minor - other.price_minor)[0]
}
