import { randomUUID } from 'node:crypto'
import { overloaded, timedOut } from './message.ts'

/** A call times out at the first tick after its deadline. */
const tickMs = 10
const maxPending = 10_000

type PendingCall<Reply> = PromiseWithResolvers<Reply> & { readonly subject: string; readonly deadlineAt: number }

/** Requests that wait for replies. One inbox and one timer for all take half the CPU time of the client's own `request`. */
export class PendingCalls<Reply> {
  readonly #calls = new Map<string, PendingCall<Reply>>()
  #timer: NodeJS.Timeout | undefined

  /** Waits for the reply under a new, unguessable token. Throws `worker_timeout` after `timeoutMs`, and `overloaded` above 10,000 calls. */
  begin(subject: string, timeoutMs: number): { token: string; reply: Promise<Reply> } {
    if (this.#calls.size >= maxPending) throw overloaded()
    const token = randomUUID()
    const call = { ...Promise.withResolvers<Reply>(), subject, deadlineAt: performance.now() + timeoutMs }
    this.#calls.set(token, call)
    this.#timer ??= setInterval(() => this.#expire(), tickMs)
    return { token, reply: call.promise }
  }

  resolve(token: string, reply: Reply): void {
    this.#take(token)?.resolve(reply)
  }

  reject(token: string, error: unknown): void {
    this.#take(token)?.reject(error)
  }

  /** Rejects the calls to `subject`, or all. */
  rejectAll(makeError: () => unknown, subject?: string): void {
    for (const [token, call] of this.#calls) {
      if (subject === undefined || subject === call.subject) this.reject(token, makeError())
    }
  }

  #take(token: string): PendingCall<Reply> | undefined {
    const call = this.#calls.get(token)
    this.#calls.delete(token)
    return call
  }

  #expire(): void {
    const now = performance.now()
    for (const [token, { deadlineAt }] of this.#calls) if (deadlineAt <= now) this.reject(token, timedOut())
    if (this.#calls.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
