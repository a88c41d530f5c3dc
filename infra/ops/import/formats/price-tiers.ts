import { type CatalogueEvent, maxPriceTiers } from '#shared/contracts/organising.ts'
import { toMinor } from '#shared/money.ts'
import { maxLengths, maxPriceMinor } from './catalogue.ts'
import { cleanText } from './text.ts'

export type PriceTier = CatalogueEvent['price_tiers'][number]

/** A price range as sources write it, in major units of the currency. */
export interface PriceRange {
  readonly type: string | null
  readonly currency: string | null
  readonly min: number | string | null
  readonly max: number | string | null
}

/** Price ranges as tiers, cheapest first. Ranges that say the same become one; unreadable prices, and those above the contract's highest, are left out. */
export function priceTiers(ranges: readonly PriceRange[]): PriceTier[] {
  const tiers = ranges.map(priceTier).filter((tier) => tier !== null)
  const distinct = new Map(tiers.map((tier) => [JSON.stringify(tier), tier]))
  return [...distinct.values()]
    .sort((a, b) => a.price_minor - b.price_minor || a.max_price_minor - b.max_price_minor)
    .slice(0, maxPriceTiers)
}

function priceTier(range: PriceRange): PriceTier | null {
  const currency = range.currency?.trim().toUpperCase() ?? ''
  if (!/^[A-Z]{3}$/.test(currency)) return null
  const ends = [range.min, range.max]
    .map((amount) => (amount === null ? null : toMinor(amount, currency)))
    .filter((minor) => minor !== null)
    .filter((minor) => minor <= maxPriceMinor)
  if (ends.length === 0) return null
  return {
    name: cleanText(range.type, maxLengths.tierName) ?? 'standard',
    price_minor: Math.min(...ends),
    max_price_minor: Math.max(...ends),
    currency,
  }
}
