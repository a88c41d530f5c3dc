import { RecentMap } from '#shared/recent-map.ts'
import type { PricedStock } from './event-view.ts'

/** By event; events without places in stock are not in it. */
export type StockOfEvents = ReadonlyMap<string, PricedStock>

/** So old a list may show stock, in milliseconds. Gateways keep lists for so much less than the second that is promised. */
const freshForMs = 100
const recentEvents = 20_000

interface Answer {
  /** `performance.now()` before the question: it is never older than that. */
  askedAt: number
  readonly stock: Promise<StockOfEvents>
}

/** Stock of a moment ago. Whatever lists are asked for, most show the same few events. */
export class RecentStock {
  readonly #answers = new RecentMap<Answer>({ size: recentEvents })

  /** Calls `ask` for those events that were not asked about just now. Throws what it throws. */
  async of(eventIds: readonly string[], ask: (eventIds: string[]) => Promise<StockOfEvents>): Promise<StockOfEvents> {
    const now = performance.now()
    const unknown = eventIds.filter(
      (id) => now - (this.#answers.get(id)?.askedAt ?? Number.NEGATIVE_INFINITY) >= freshForMs,
    )
    if (unknown.length > 0) this.#note(unknown, { askedAt: now, stock: ask(unknown) })
    const answers = new Map(eventIds.map((id) => [id, this.#answers.get(id)?.stock]))
    // Most events were asked about together.
    await Promise.all(new Set(answers.values()))
    const found = new Map<string, PricedStock>()
    for (const [id, answer] of answers) {
      const stock = (await answer)?.get(id)
      if (stock !== undefined) found.set(id, stock)
    }
    return found
  }

  #note(eventIds: readonly string[], answer: Answer): void {
    for (const id of eventIds) this.#answers.set(id, answer)
    answer.stock.catch(() => {
      // Nobody else is to fail by it: the time of whoever asked may have been up.
      answer.askedAt = Number.NEGATIVE_INFINITY
    })
  }
}
