import type { Database } from '#shared/database/postgres.ts'
import { RecentValues } from './recent-values.ts'
import { readTierSales, type SteppedTier } from './store/prices.ts'

/** Tiers of an event whose price has steps, by number. */
export type SteppedTiers = ReadonlyMap<number, SteppedTier>

/**
 * How far the stepped tiers of events are sold, as this process last saw it: at most a second ago, because counting reads all
 * seats of a tier. Holds and everything that shows a price ask here.
 */
export class SoldShares {
  readonly #seen = new RecentValues<SteppedTiers>({ maxAgeMs: 1_000, maxKeys: 1_000 })

  /** Of events with price steps; the others need not be asked about. */
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
