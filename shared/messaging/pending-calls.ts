import { randomFillSync } from 'node:crypto'
import { tookTooLong, tooManyAtOnce } from './refusals.ts'

/** One timer for all calls: a deadline is noticed at the first tick after it. */
const tickMs = 10
const maxPending = 10_000

interface PendingCall<Reply> {
  readonly token: string
  readonly subject: string
  readonly tick: number
  resolve(reply: Reply): void
  reject(error: unknown): void
}

/** Requests that wait for their replies. Replies to others, such as late ones, are dropped. */
export class PendingCalls<Reply> {
  readonly #calls = new Map<string, PendingCall<Reply>>()
  readonly #byTick = new Map<number, Set<PendingCall<Reply>>>()
  #nextTick = 0
  #timer: NodeJS.Timeout | undefined

  /**
   * Begins to wait for a reply under a new token, which nobody can guess. The reply is `worker_timeout` after `timeoutMs`. Throws
   * `overloaded` when too many wait already.
   */
  begin(subject: string, timeoutMs: number): { token: string; reply: Promise<Reply> } {
    if (this.#calls.size >= maxPending) throw tooManyAtOnce()
    const { promise: reply, resolve, reject } = Promise.withResolvers<Reply>()
    const token = newToken()
    const tick = Math.ceil((performance.now() + timeoutMs) / tickMs)
    const call = { token, subject, tick, resolve, reject }
    this.#calls.set(token, call)
    const sameTick = this.#byTick.get(tick)
    if (sameTick) sameTick.add(call)
    else this.#byTick.set(tick, new Set([call]))
    this.#watch()
    return { token, reply }
  }

  resolve(token: string, reply: Reply): void {
    this.#take(token)?.resolve(reply)
  }

  reject(token: string, error: unknown): void {
    this.#take(token)?.reject(error)
  }

  /** Of the calls to `subject`, or of all. */
  rejectAll(makeError: () => unknown, subject?: string): void {
    for (const call of this.#calls.values()) {
      if (subject === undefined || subject === call.subject) this.reject(call.token, makeError())
    }
  }

  #take(token: string): PendingCall<Reply> | undefined {
    const call = this.#calls.get(token)
    if (call === undefined) return undefined
    this.#calls.delete(token)
    const sameTick = this.#byTick.get(call.tick)
    sameTick?.delete(call)
    if (sameTick?.size === 0) this.#byTick.delete(call.tick)
    return call
  }

  #watch(): void {
    if (this.#timer !== undefined) return
    this.#nextTick = Math.floor(performance.now() / tickMs)
    this.#timer = setInterval(() => this.#expire(), tickMs)
  }

  #expire(): void {
    for (const now = performance.now() / tickMs; this.#nextTick <= now; this.#nextTick += 1) {
      for (const { token } of this.#byTick.get(this.#nextTick) ?? []) {
        this.reject(token, tookTooLong())
      }
    }
    if (this.#calls.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}

/** Drawn in advance: asking for 8 bytes at a time takes longer than all the rest of a token. */
const random = new Uint32Array(2_048)
let drawn = random.length

function newToken(): string {
  if (drawn === random.length) {
    randomFillSync(random)
    drawn = 0
  }
  const [high = 0, low = 0] = random.subarray(drawn, drawn + 2)
  drawn += 2
  return `${high.toString(36)}-${low.toString(36)}`
}
