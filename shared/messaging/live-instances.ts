import type { WorkerName } from '#shared/contracts/contract.ts'
import type { Bus } from './bus.ts'
import { decodeJson } from './json-bytes.ts'

/** So long after the first answer, others are collected, and who answered is taken to be alive. */
const roundMs = 100
const patienceMs = 2_000
/** How often it is looked who is there, and how long whoever was seen is counted as one of several. */
const lookEveryMs = 10_000
const rememberedMs = 60_000

interface Round {
  readonly ids: string[]
  /** Resolves at the first answer, or when there will be none. */
  readonly answered: Promise<void>
  /** Resolves when all have answered that were to be waited for. */
  readonly ended: Promise<void>
}

/** Finds out which instances of a worker answer right now. One that is frozen, or has hours of work before it, does not. */
export class LiveInstances {
  readonly #bus: Bus
  readonly #worker: WorkerName
  #round: Round | null = null
  #lookedAt = Number.NEGATIVE_INFINITY
  /** When each was last seen. */
  readonly #seenAt = new Map<string, number>()

  constructor(bus: Bus, worker: WorkerName) {
    this.#bus = bus
    this.#worker = worker
  }

  /** To be called now and then: one that freezes later must have been seen before. */
  look(): void {
    if (performance.now() - this.#lookedAt >= lookEveryMs) this.#round ??= this.#ask()
  }

  /**
   * The id of one of those that answer. `undefined` when none does within two seconds, and when it is the only one there is: whatever
   * it was asked already it would only be asked twice.
   */
  async find(): Promise<string | undefined> {
    this.#round ??= this.#ask()
    const { ids, answered, ended } = this.#round
    await answered
    // Others may be about to answer, too.
    if (this.#isAlone()) await ended
    return this.#isAlone() ? undefined : ids[Math.floor(Math.random() * ids.length)]
  }

  #isAlone(): boolean {
    const since = performance.now() - rememberedMs
    for (const [id, seenAt] of this.#seenAt) if (seenAt < since) this.#seenAt.delete(id)
    return this.#seenAt.size < 2
  }

  #ask(): Round {
    this.#lookedAt = performance.now()
    const ids: string[] = []
    const { promise: answered, resolve } = Promise.withResolvers<void>()
    const { promise: ended, resolve: noteEnd } = Promise.withResolvers<void>()
    if (!this.#bus.connected) return { ids, answered: Promise.resolve(), ended: Promise.resolve() }
    const answers = this.#bus.requestMany(`$SRV.PING.${this.#worker}`, new Uint8Array(), ({ payload, status }) => {
      // Then the server says that there is no instance.
      if (status !== undefined) return end()
      const { id } = decodeJson(payload) as { id: string }
      this.#seenAt.set(id, performance.now())
      if (ids.push(id) > 1) return
      clearTimeout(timer)
      timer = setTimeout(end, roundMs)
      resolve()
    })
    const end = (): void => {
      clearTimeout(timer)
      answers.cancel()
      this.#round = null
      resolve()
      noteEnd()
    }
    let timer = setTimeout(end, patienceMs)
    return { ids, answered, ended }
  }
}
