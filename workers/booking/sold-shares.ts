import type { Database } from '#shared/postgres.ts'
import type { TierSales } from './price-rule.ts'
import { readTierSales } from './store/prices.ts'
import type { Sale } from './store/sales.ts'

/** Tiers of an event whose price has steps, by number. */
export type SteppedTiers = ReadonlyMap<number, TierSales>

const maxAgeMs = 1_000
const maxEvents = 1_000

const noSteps: SteppedTiers = new Map()

/**
 * How far the stepped tiers of events are sold, as this process last saw it: at most a second ago, because counting reads all
 * seats of a tier. Events without steps are not asked about at all.
 */
export class SoldShares {
  /** Oldest first. */
  readonly #seen = new Map<string, { readonly at: number; readonly tiers: SteppedTiers }>()

  async of(db: Database, eventId: string, { priceSteps }: Pick<Sale, 'priceSteps'>): Promise<SteppedTiers> {
    if (!priceSteps) return noSteps
    const at = performance.now()
    const seen = this.#seen.get(eventId)
    if (seen !== undefined && at - seen.at < maxAgeMs) return seen.tiers
    const tiers = new Map((await readTierSales(db, eventId)).map(({ tierNo, ...sales }) => [tierNo, sales]))
    this.#seen.delete(eventId)
    this.#seen.set(eventId, { at, tiers })
    for (const oldest of this.#seen.keys()) {
      if (this.#seen.size <= maxEvents) break
      this.#seen.delete(oldest)
    }
    return tiers
  }
}
