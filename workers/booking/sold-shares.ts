import type { Database } from '#shared/database/postgres.ts'
import { RecentValues } from './recent-values.ts'
import { readTierSales, type SteppedTier } from './store/prices.ts'

/** An event's tiers with price steps, by number. */
export type SteppedTiers = ReadonlyMap<number, SteppedTier>

/**
 * The sold shares of tiers with price steps, at most a second old, because counting reads all seats of a tier. Used by holds and by
 * everything that shows a price.
 */
export class SoldShares {
  readonly #seen = new RecentValues<SteppedTiers>({ maxAgeMs: 1_000, maxKeys: 1_000 })

  /** By event, only of events with price steps. */
  async of(db: Database, eventIds: readonly string[]): Promise<ReadonlyMap<string, SteppedTiers>> {
    const found = new Map<string, SteppedTiers>()
    for (const eventId of eventIds) {
      const known = await this.#seen.known(eventId)
      if (known !== undefined) found.set(eventId, known)
    }
    const unknown = eventIds.filter((eventId) => !found.has(eventId))
    if (unknown.length === 0) return found
    const at = performance.now()
    for (const [eventId, counted] of Map.groupBy(await readTierSales(db, unknown), ({ eventId }) => eventId)) {
      const tiers = new Map(counted.map((tier) => [tier.tierNo, tier]))
      found.set(eventId, tiers)
      this.#seen.note(eventId, { at, value: Promise.resolve(tiers) })
    }
    return found
  }
}
