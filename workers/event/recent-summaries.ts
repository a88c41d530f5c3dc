import type { Queryable } from '#shared/database/postgres.ts'
import type { EventRow } from './event-view.ts'
import { readSummaries, type SummaryRow } from './store/read-events.ts'

/** About 1 kB each: what most lists show. */
const maxRemembered = 10_000

/**
 * What lists show of events, remembered by id and version: everything that a summary shows raises the version when it changes
 * (migration 007), so what is remembered is never stale.
 */
export class RecentSummaries {
  /** The one used last stands last. */
  readonly #known = new Map<string, SummaryRow>()

  /** In the given order; events that are gone are left out. */
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
