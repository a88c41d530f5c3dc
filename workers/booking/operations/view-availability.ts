import type { ReplyOf } from '#shared/contracts/contract.ts'
import { viewAvailability as contract } from '#shared/contracts/seats.ts'
import type { Database } from '#shared/database/postgres.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { currentPrice } from '../price-rule.ts'
import type { SoldShares, SteppedTiers } from '../sold-shares.ts'
import { countFreePlaces, estimateFreePlaces } from '../store/seat-views.ts'

type SteppedPrices = ReplyOf<typeof contract>['items'][number]['stepped_prices']

/** Exact numbers are counted from the seats themselves: one call may cover many events, but not every request should make one. */
export function viewAvailability({ postgres, shares }: { postgres: Database; shares: SoldShares }): Operation {
  return operation(contract, async ({ event_ids, coarse }) => {
    const counted = await (coarse ? estimateFreePlaces : countFreePlaces)(postgres, event_ids)
    const stepped = counted.filter(({ priceSteps }) => priceSteps).map(({ event_id }) => event_id)
    const tiers = await shares.of(postgres, stepped)
    return {
      items: counted.map(({ priceSteps: _, ...item }) => ({
        ...item,
        stepped_prices: steppedPrices(tiers.get(item.event_id)),
      })),
    }
  })
}

function steppedPrices(tiers: SteppedTiers | undefined): SteppedPrices {
  return Array.from(tiers?.values() ?? []).flatMap((tier) =>
    tier.ownPriceMinor === null ? [] : [{ tier: tier.name, price_minor: currentPrice(tier.ownPriceMinor, tier) }],
  )
}
