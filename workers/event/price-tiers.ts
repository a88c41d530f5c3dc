import type { z } from 'zod'
import type { priceTier } from '#shared/contracts/event.ts'
import type { PriceStep } from '#shared/contracts/places.ts'
import type { Seating } from './seating.ts'

export type PriceTier = z.infer<typeof priceTier>

/** A price tier as buyers see it, with its steps. */
export interface SteppedTier extends PriceTier {
  readonly price_steps: readonly PriceStep[]
}

/** The tiers that buyers see: one for each category with seats. */
export function tiersOf({ layout, categoryPricesMinor, priceSteps, currency }: Seating): SteppedTier[] {
  const used = new Set(layout.rows.flatMap(({ category }) => category))
  return layout.categories.flatMap((name, index) => {
    const priceMinor = categoryPricesMinor[index]
    if (priceMinor === undefined || !used.has(index)) return []
    const steps = priceSteps[index] ?? []
    return [{ name, price_minor: priceMinor, max_price_minor: priceMinor, currency, price_steps: steps }]
  })
}

/** The tier whose price represents the event in lists; `undefined` if there is none. */
export function cheapestTier(tiers: readonly PriceTier[]): PriceTier | undefined {
  return tiers.toSorted((one, other) => one.price_minor - other.price_minor)[0]
}

/** Tiers with their current prices. `stepped` has the current prices of tiers with price steps, by name. */
export function atCurrentPrices<Tier extends Pick<PriceTier, 'name' | 'price_minor' | 'max_price_minor'>>(
  tiers: readonly Tier[],
  stepped: ReadonlyMap<string, number> | undefined,
): Tier[] {
  return tiers.map((tier) => {
    const present = stepped?.get(tier.name)
    return present === undefined ? tier : { ...tier, price_minor: present, max_price_minor: present }
  })
}

/** The lowest price; `undefined` if there are no prices. */
export function lowestPrice(priced: readonly { readonly price_minor: number }[]): number | undefined {
  return priced.length === 0 ? undefined : Math.min(...priced.map(({ price_minor }) => price_minor))
}
