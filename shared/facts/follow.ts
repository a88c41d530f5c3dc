import { setTimeout as pause } from 'node:timers/promises'
import type Logger from 'bunyan'
import type { JsMsg } from 'nats'
import type { Bus } from '#shared/messaging/bus.ts'
import { type FactName, parseFactSubject } from './fact.ts'
import { type FactPosition, openFollower, receiveFacts, StreamMissing } from './stream.ts'

/*
 * Consumers (`consume.ts`) share the facts, get each until it is handled, and begin with the oldest. Each follower gets every fact
 * once, from now on, and learns when it may have missed some. That suits what a process keeps in its memory.
 */

export interface FollowedFact extends FactName {
  /** Its number in the stream. */
  readonly sequence: number
}

export interface FactObserver {
  readonly log: Logger
  /** Gets every fact, in the order of the stream. Must not throw. */
  onFact(fact: FollowedFact): void
  /**
   * Called when following begins, and when it begins again after an interruption: facts before `position` may have been missed, and
   * `onFact` gets all after it. Must not throw.
   */
  onRestart(position: FactPosition): void
}

const backoffMs = 250

/**
 * Passes all facts to `observer` until it is stopped. Never throws: while NATS is unavailable or has no stream of facts yet, it
 * retries.
 */
export function followFacts(bus: Bus, observer: FactObserver): FactFollower {
  return new FactFollower(bus, observer)
}

export type { FactFollower }

class FactFollower {
  readonly #bus: Bus
  readonly #observer: FactObserver
  readonly #stop = new AbortController()
  readonly #ended: Promise<void>
  #position: FactPosition | null = null

  constructor(bus: Bus, observer: FactObserver) {
    this.#bus = bus
    this.#observer = observer
    this.#ended = this.#followUntil(this.#stop.signal)
  }

  /** The observer has got every fact up to here. `null` while facts are not followed. */
  get position(): FactPosition | null {
    return this.#bus.connected ? this.#position : null
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#ended
  }

  async #followUntil(stopped: AbortSignal): Promise<void> {
    const { log } = this.#observer
    let failing = false
    while (!stopped.aborted) {
      try {
        const { position, messages } = await openFollower(this.#bus)
        if (failing) log.info('following facts resumed')
        failing = false
        this.#position = position
        this.#observer.onRestart(position)
        await receiveFacts(this.#bus, messages, stopped, (message) => this.#receive(message))
      } catch (error) {
        // Before the first worker has run there is no stream, which is in order.
        if (!failing && error instanceof StreamMissing) log.info('no stream of facts to follow yet')
        else if (!failing && !stopped.aborted) log.warn({ err: error }, 'following facts was interrupted')
        failing = true
        this.#position = null
        await pause(backoffMs, undefined, { signal: stopped }).catch(() => undefined)
      }
    }
    this.#position = null
  }

  #receive({ subject, seq: sequence }: JsMsg): void {
    if (this.#position === null) return
    const expected = this.#position.sequence + 1
    if (sequence !== expected) throw new Error(`fact ${expected} was missed, ${sequence} is here`)
    const name = readName(subject)
    if (name !== null) this.#observer.onFact({ ...name, sequence })
    this.#position = { stream: this.#position.stream, sequence }
  }
}

/** `null` for a kind of fact that only a newer version knows. */
function readName(subject: string): FactName | null {
  try {
    return parseFactSubject(subject)
  } catch {
    return null
  }
}
