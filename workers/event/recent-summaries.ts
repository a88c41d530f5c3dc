import type { Queryable } from '#shared/database/postgres.ts'
import type { EventRow } from './event-view.ts'
import { readSummaries, type SummaryRow } from './store/read-events.ts'

/** About 1 kB each: enough for most lists. */
const maxRemembered = 10_000

/**
 * A cache of events as lists show them, by id and version. Every change of a summary raises the version (migrations 007 and 013), so a cached
 * summary is never stale.
 */
export class RecentSummaries {
  /** The most recently used summary is last. */
  readonly #known = new Map<string, SummaryRow>()

  /** In the given order, without deleted events. */
  async of(db: Queryable, events: readonly { readonly id: string; readonly version: number }[]): Promise<EventRow[]> {
    const found = new Map<string, SummaryRow>()
    for (const { id, version } of events) {
      const known = this.#known.get(id)
      if (known?.version === version) found.set(id, known)
    }
    const unknown = events.filter(({ id }) => !found.has(id)).map(({ id }) => id)
    for (const summary of await readSummaries(db, unknown)) found.set(summary.id, summary)
    for (const [id, summary] of found) {
      this.#known.delete(id)
      this.#known.set(id, summary)
    }
    for (const id of this.#known.keys()) {
      if (this.#known.size <= maxRemembered) break
      this.#known.delete(id)
    }
    return events.flatMap(({ id }) => found.get(id) ?? [])
  }
}
