import type { WorkerName } from '#shared/contracts/contract.ts'
import type { Bus } from './bus.ts'

const findMs = 2_000
const refreshEveryMs = 2_000
const refreshMs = 1_000
/** An instance that has not answered for this long does not count. */
const rememberedMs = 60_000

/** Finds instances of a worker that answer right now, not frozen or busy ones. */
export class LiveInstances {
  readonly #bus: Bus
  readonly #worker: WorkerName
  readonly #seenAt = new Map<string, number>()
  #refreshedAt = Number.NEGATIVE_INFINITY
  /** One search for all that wait for it. */
  #finding: Promise<string | undefined> | null = null

  constructor(bus: Bus, worker: WorkerName) {
    this.#bus = bus
    this.#worker = worker
  }

  /** Call it at every request, so that instances are known before they freeze. Pings at most every two seconds. */
  refresh(): void {
    if (performance.now() - this.#refreshedAt < refreshEveryMs) return
    this.#refreshedAt = performance.now()
    void this.#ping(refreshMs, () => false)
  }

  /**
   * The id of an instance that answered in the last `withinMs` or answers within 2 s. None if there is only one instance, because it
   * already has the request.
   */
  async find(withinMs: number): Promise<string | undefined> {
    const since = performance.now() - withinMs
    const seen = [...this.#seenAt].filter(([, seenAt]) => seenAt >= since).map(([id]) => id)
    if (seen.length > 0 && !this.#isAlone()) return seen[Math.floor(Math.random() * seen.length)]
    this.#finding ??= this.#ping(findMs, () => !this.#isAlone()).finally(() => {
      this.#finding = null
    })
    return this.#finding
  }

  /** Records all that answer, and returns the first id once `isEnough`. */
  async #ping(timeoutMs: number, isEnough: () => boolean): Promise<string | undefined> {
    if (!this.#bus.connected) return undefined
    try {
      for await (const { id } of await this.#bus.services(timeoutMs).ping(this.#worker)) {
        this.#seenAt.set(id, performance.now())
        if (isEnough()) return id
      }
    } catch {
      // No instance runs.
    }
    return undefined
  }

  #isAlone(): boolean {
    const since = performance.now() - rememberedMs
    for (const [id, seenAt] of this.#seenAt) if (seenAt < since) this.#seenAt.delete(id)
    return this.#seenAt.size < 2
  }
}
