import type { WorkerName } from '#shared/contracts/contract.ts'
import type { Bus } from './bus.ts'
import { decodeJson } from './json-bytes.ts'

/** How long answers are waited for, and collected after the first one. */
const patienceMs = 2_000
const collectMs = 100
/** How often it is looked who is there, for how long, and how long whoever was seen is counted as one of several. */
const lookEveryMs = 2_000
const lookMs = 1_000
const rememberedMs = 60_000

interface Round {
  /** The id of who answered first; `undefined` when nobody did. */
  readonly first: Promise<string | undefined>
  /** When all have answered that were to be waited for. */
  readonly ended: Promise<void>
}

/** Finds out which instances of a worker answer right now. One that is frozen, or has hours of work before it, does not. */
export class LiveInstances {
  readonly #bus: Bus
  readonly #worker: WorkerName
  /** Asked, and not answered by anybody yet. */
  #asking: Round | null = null
  #lookedAt = Number.NEGATIVE_INFINITY
  /** When each was last seen. */
  readonly #seenAt = new Map<string, number>()

  constructor(bus: Bus, worker: WorkerName) {
    this.#bus = bus
    this.#worker = worker
  }

  /** To be called now and then: one that freezes later must have been seen before. */
  look(): void {
    if (!this.#bus.connected || performance.now() - this.#lookedAt < lookEveryMs) return
    this.#lookedAt = performance.now()
    this.#ask(lookMs)
  }

  /**
   * The id of one that has answered within the last `withinMs`, or answers now. `undefined` when none does within two seconds, and
   * when it is the only one there is: whatever it was asked already it would only be asked twice.
   */
  async find(withinMs: number): Promise<string | undefined> {
    const seen = this.#seenWithin(withinMs)
    if (seen !== undefined && !this.#isAlone()) return seen
    if (!this.#bus.connected) return undefined
    this.#asking ??= this.#ask(collectMs)
    const { first, ended } = this.#asking
    const id = await first
    // Others may be about to answer, too.
    if (this.#isAlone()) await ended
    return this.#isAlone() ? undefined : id
  }

  #seenWithin(ms: number): string | undefined {
    const since = performance.now() - ms
    const ids = [...this.#seenAt].filter(([, seenAt]) => seenAt >= since).map(([id]) => id)
    return ids[Math.floor(Math.random() * ids.length)]
  }

  #isAlone(): boolean {
    const since = performance.now() - rememberedMs
    for (const [id, seenAt] of this.#seenAt) if (seenAt < since) this.#seenAt.delete(id)
    return this.#seenAt.size < 2
  }

  /** Collects answers for so long after the first one. */
  #ask(forMs: number): Round {
    const { promise: first, resolve: answer } = Promise.withResolvers<string | undefined>()
    const { promise: ended, resolve: end } = Promise.withResolvers<void>()
    const round = { first, ended }
    let timer: NodeJS.Timeout | undefined
    const stop = (): void => {
      clearTimeout(timer)
      answers.cancel()
      this.#noteAnswered(round)
      answer(undefined)
      end()
    }
    timer = setTimeout(stop, patienceMs)
    let isFirst = true
    const answers = this.#bus.requestMany(`$SRV.PING.${this.#worker}`, new Uint8Array(), ({ payload, status }) => {
      // Then the server says that there is no instance.
      if (status !== undefined) return stop()
      const { id } = decodeJson(payload) as { id: string }
      this.#seenAt.set(id, performance.now())
      if (!isFirst) return
      isFirst = false
      this.#noteAnswered(round)
      answer(id)
      clearTimeout(timer)
      timer = setTimeout(stop, forMs)
    })
    return round
  }

  /** Whoever comes now needs a sign of life from now. */
  #noteAnswered(round: Round): void {
    if (this.#asking === round) this.#asking = null
  }
}
