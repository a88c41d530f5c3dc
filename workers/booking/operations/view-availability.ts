import type { ReplyOf } from '#shared/contracts/contract.ts'
import { viewAvailability as contract } from '#shared/contracts/seats.ts'
import type { Database } from '#shared/database/postgres.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { reachedStep } from '../price-rule.ts'
import type { SoldShares } from '../sold-shares.ts'
import { countFreePlaces, estimateFreePlaces } from '../store/seat-views.ts'

type SteppedPrices = ReplyOf<typeof contract>['items'][number]['stepped_prices']

/** Counted from the seats themselves, so exact numbers may be asked for many events at once but not for every request. */
export function viewAvailability({ postgres, shares }: { postgres: Database; shares: SoldShares }): Operation {
  return operation(contract, async ({ event_ids, coarse }) => {
    if (coarse)
      return { items: (await estimateFreePlaces(postgres, event_ids)).map((item) => ({ ...item, stepped_prices: [] })) }
    const counted = await countFreePlaces(postgres, event_ids)
    const items = counted.map(async ({ event_id, available, place_count, priceSteps }) => {
      const tiers = await shares.of(postgres, event_id, { priceSteps })
      const steppedPrices: SteppedPrices = Array.from(tiers.values()).flatMap((tier) => {
        const step = reachedStep(tier)
        return step === undefined ? [] : [{ tier: tier.name, price_minor: step.price_minor }]
      })
      return { event_id, available, place_count, stepped_prices: steppedPrices }
    })
    return { items: await Promise.all(items) }
  })
}
