import type { Database } from '#shared/database/postgres.ts'
import { RecentValues } from './recent-values.ts'
import { readTierSales, type SteppedTier } from './store/prices.ts'
import type { Sale } from './store/sales.ts'

/** Tiers of an event whose price has steps, by number. */
export type SteppedTiers = ReadonlyMap<number, SteppedTier>

const noSteps: SteppedTiers = new Map()

/**
 * How far the stepped tiers of events are sold, as this process last saw it: at most a second ago, because counting reads all
 * seats of a tier. Events without steps are not asked about at all. Holds and everything that shows a price ask here.
 */
export class SoldShares {
  readonly #seen = new RecentValues<SteppedTiers>({ maxAgeMs: 1_000, maxKeys: 1_000 })

  async of(db: Database, eventId: string, { priceSteps }: Pick<Sale, 'priceSteps'>): Promise<SteppedTiers> {
    if (!priceSteps) return noSteps
    const read = async (): Promise<SteppedTiers> => (await readTiers(db, [eventId])).get(eventId) ?? noSteps
    let isOwn = false
    const tiers = this.#seen.of(eventId, () => {
      isOwn = true
      return read()
    })
    // Another transaction may have counted, and ended: that is no fault of this one.
    return isOwn ? tiers : tiers.catch(read)
  }

  /**
   * The same of many events at once, those with steps only. They are counted by one statement, for which no hold waits: what it finds
   * is noted when it is there.
   */
  async ofMany(db: Database, eventIds: readonly string[]): Promise<ReadonlyMap<string, SteppedTiers>> {
    const found = new Map<string, SteppedTiers>()
    for (const eventId of eventIds) {
      const known = await this.#seen.known(eventId)?.catch(() => undefined)
      if (known !== undefined) found.set(eventId, known)
    }
    const unknown = eventIds.filter((eventId) => !found.has(eventId))
    if (unknown.length === 0) return found
    const at = performance.now()
    for (const [eventId, tiers] of await readTiers(db, unknown)) {
      found.set(eventId, tiers)
      this.#seen.note(eventId, { at, value: Promise.resolve(tiers) })
    }
    return found
  }
}

async function readTiers(db: Database, eventIds: readonly string[]): Promise<Map<string, SteppedTiers>> {
  const byEvent = Map.groupBy(await readTierSales(db, eventIds), ({ eventId }) => eventId)
  return new Map(
    Array.from(byEvent, ([eventId, tiers]) => [eventId, new Map(tiers.map((tier) => [tier.tierNo, tier]))]),
  )
}
