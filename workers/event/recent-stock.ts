import { timedOut } from '#shared/messaging/message.ts'
import type { PricedStock } from './event-view.ts'

/** By event, without events that have no stock. */
export type StockOfEvents = ReadonlyMap<string, PricedStock>

/** Largest age of stock in a list, in milliseconds. Gateways cache lists for a second minus this. */
const freshForMs = 100

export type AskStock = (eventIds: string[]) => Promise<StockOfEvents>

interface Answer {
  /** `performance.now()` before the call: the stock is never older. */
  askedAt: number
  readonly stock: Promise<StockOfEvents>
}

/** Stock of a moment ago. Most lists show the same few events. */
export class RecentStock {
  /** Answers of the current and the previous interval. Older ones are useless, and each keeps the stock of all its events in memory. */
  #young = new Map<string, Answer>()
  #old = new Map<string, Answer>()
  #youngSince = 0

  /**
   * Reads the stock of events that nobody has just read. `ask` needs its own deadline, because others may wait for it. Throws what `ask`
   * throws, and `worker_timeout` if there is no answer at `deadlineAt` (`performance.now()`).
   */
  async of(eventIds: readonly string[], deadlineAt: number, ask: AskStock): Promise<StockOfEvents> {
    const now = performance.now()
    this.#forget(now)
    const known = new Map(eventIds.map((id) => [id, this.#freshAt(id, now)]))
    const unknown = eventIds.filter((id) => known.get(id) === undefined)
    if (unknown.length > 0) {
      const asked = this.#note(unknown, { askedAt: now, stock: ask(unknown) })
      for (const id of unknown) known.set(id, asked)
    }
    // Most events were read together.
    const questions = new Set([...known.values()].map((answer) => answer?.stock))
    await within(deadlineAt - now, Promise.all(questions))
    const found = new Map<string, PricedStock>()
    for (const [id, answer] of known) {
      const stock = (await answer?.stock)?.get(id)
      if (stock !== undefined) found.set(id, stock)
    }
    return found
  }

  #freshAt(id: string, now: number): Answer | undefined {
    const answer = this.#young.get(id) ?? this.#old.get(id)
    return answer !== undefined && now - answer.askedAt < freshForMs ? answer : undefined
  }

  #note(eventIds: readonly string[], answer: Answer): Answer {
    for (const id of eventIds) this.#young.set(id, answer)
    answer.stock.catch(() => {
      // The next request calls again.
      answer.askedAt = Number.NEGATIVE_INFINITY
    })
    return answer
  }

  #forget(now: number): void {
    if (now - this.#youngSince < freshForMs) return
    this.#old = this.#young
    this.#young = new Map()
    this.#youngSince = now
  }
}

/** The result of `work`, if it arrives in time. */
async function within<Result>(patienceMs: number, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(timedOut()), patienceMs)
  })
  try {
    return await Promise.race([work, patience])
  } finally {
    clearTimeout(timer)
  }
}
