import type { WorkerName } from '#shared/contracts/contract.ts'
import type { Bus } from './bus.ts'
import { decodeJson } from './message.ts'

const firstAnswerMs = 2_000
/** How long further answers are collected after the first. */
const collectMs = 100
const refreshEveryMs = 2_000
const collectAtRefreshMs = 1_000
/** An instance counts as one of several for so long after it was last seen. */
const rememberedMs = 60_000

interface Ping {
  /** The id of the instance that answered first; `undefined` when none did. */
  readonly first: Promise<string | undefined>
  /** Resolves when all answers are collected. */
  readonly ended: Promise<void>
}

/** Finds instances of a worker that answer right now: not those that are frozen or have much work queued. */
export class LiveInstances {
  readonly #bus: Bus
  readonly #worker: WorkerName
  /** The ping that no instance has answered yet. */
  #pending: Ping | null = null
  #refreshedAt = Number.NEGATIVE_INFINITY
  readonly #seenAt = new Map<string, number>()

  constructor(bus: Bus, worker: WorkerName) {
    this.#bus = bus
    this.#worker = worker
  }

  /** Call it at every request: an instance that freezes later must have been seen before. Pings at most every two seconds. */
  refresh(): void {
    if (!this.#bus.connected || performance.now() - this.#refreshedAt < refreshEveryMs) return
    this.#refreshedAt = performance.now()
    this.#ping(collectAtRefreshMs)
  }

  /**
   * The id of an instance that has answered a ping within the last `withinMs`, or answers one now. `undefined` when none answers
   * within two seconds, and when there is only one instance: it has the request already.
   */
  async find(withinMs: number): Promise<string | undefined> {
    const seen = this.#seenWithin(withinMs)
    if (seen !== undefined && !this.#isAlone()) return seen
    if (!this.#bus.connected) return undefined
    this.#pending ??= this.#ping(collectMs)
    const { first, ended } = this.#pending
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

  #ping(collectForMs: number): Ping {
    const { promise: first, resolve: answer } = Promise.withResolvers<string | undefined>()
    const { promise: ended, resolve: end } = Promise.withResolvers<void>()
    const ping = { first, ended }
    // Requests from now on need a sign of life from now.
    const noteAnswered = (id?: string): void => {
      if (this.#pending === ping) this.#pending = null
      answer(id)
    }
    const stop = (): void => {
      clearTimeout(timer)
      answers.cancel()
      noteAnswered()
      end()
    }
    let timer = setTimeout(stop, firstAnswerMs)
    let answered = false
    const answers = this.#bus.requestMany(`$SRV.PING.${this.#worker}`, new Uint8Array(), ({ payload, status }) => {
      // The server says that there is no instance.
      if (status !== undefined) return stop()
      const { id } = decodeJson(payload) as { id: string }
      this.#seenAt.set(id, performance.now())
      if (answered) return
      answered = true
      noteAnswered(id)
      clearTimeout(timer)
      timer = setTimeout(stop, collectForMs)
    })
    return ping
  }
}
