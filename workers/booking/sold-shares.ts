import type { Database } from '#shared/database/postgres.ts'
import type { TierSales } from './price-rule.ts'
import { RecentValues } from './recent-values.ts'
import { readTierSales } from './store/prices.ts'
import type { Sale } from './store/sales.ts'

/** Tiers of an event whose price has steps, by number. */
export type SteppedTiers = ReadonlyMap<number, TierSales>

const noSteps: SteppedTiers = new Map()

/**
 * How far the stepped tiers of events are sold, as this process last saw it: at most a second ago, because counting reads all
 * seats of a tier. Events without steps are not asked about at all.
 */
export class SoldShares {
  readonly #seen = new RecentValues<SteppedTiers>({ maxAgeMs: 1_000, maxKeys: 1_000 })

  async of(db: Database, eventId: string, { priceSteps }: Pick<Sale, 'priceSteps'>): Promise<SteppedTiers> {
    if (!priceSteps) return noSteps
    const read = async (): Promise<SteppedTiers> => {
      const tiers = await readTierSales(db, eventId)
      return new Map(tiers.map(({ tierNo, ...sales }) => [tierNo, sales]))
    }
    let isOwn = false
    const tiers = this.#seen.of(eventId, () => {
      isOwn = true
      return read()
    })
    // Another transaction may have counted, and ended: that is no fault of this one.
    return isOwn ? tiers : tiers.catch(read)
  }
}
