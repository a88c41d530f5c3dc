import { setTimeout as pause } from 'node:timers/promises'
import type Logger from 'bunyan'
import type { Bus, Delivery } from '#shared/messaging/bus.ts'
import { type FactName, parseFactSubject } from './fact.ts'
import { createPushConsumer, type FactPosition, readPushed, StreamMissing } from './stream.ts'

/*
 * Consumers (`consume-facts.ts`) share the facts, get each until it is handled, and begin with the oldest. Followers all get every
 * fact, once, from now on; whoever missed some is told so and begins anew. That suits what a process keeps in its memory.
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
   * Is told whenever following begins, at first and again after it was interrupted: all facts after `position` will be told, those
   * before it may have been missed. Must not throw.
   */
  onRestart(position: FactPosition): void
}

const retryMs = 250
/** The server sends a heartbeat every second without facts; it is given up after so many without a word. */
const silentSeconds = 3
/** What may arrive before the server has said where it began. */
const maxEarly = 10_000

/**
 * Tells `observer` all facts until it is stopped. While NATS is away, or has no stream of facts yet, it tries again and again; it
 * never throws.
 */
export function followFacts(bus: Bus, observer: FactObserver): FactFollower {
  return new FactFollower(bus, observer)
}

/** One that follows, from its construction until it is stopped. */
class FactFollower {
  readonly #bus: Bus
  readonly #observer: FactObserver
  readonly #stopping = new AbortController()
  readonly #ended: Promise<void>
  #position: FactPosition | null = null

  constructor(bus: Bus, observer: FactObserver) {
    this.#bus = bus
    this.#observer = observer
    this.#ended = this.#followUntilStopped()
  }

  /**
   * Up to there every fact was told: a worker that is asked now knows at least what those facts say. `null` while the facts are not
   * followed.
   */
  get position(): FactPosition | null {
    return this.#position
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#ended
  }

  async #followUntilStopped(): Promise<void> {
    const { log } = this.#observer
    const stopped = this.#stopping.signal
    let failing = false
    while (!stopped.aborted) {
      try {
        await this.#follow(() => {
          if (failing) log.info('facts are followed')
          failing = false
        })
      } catch (error) {
        if (stopped.aborted) return
        // Before the first worker has run there is none, which is no trouble.
        if (!failing && error instanceof StreamMissing) log.info('there are no facts yet that could be followed')
        else if (!failing) log.warn({ err: error }, 'facts are not followed')
        failing = true
        await pause(retryMs, undefined, { signal: stopped }).catch(() => undefined)
      }
    }
  }

  /** Follows until that ends, which is always an error. Calls `begun` once it has begun. */
  async #follow(begun: () => void): Promise<never> {
    const { promise: lost, reject } = Promise.withResolvers<never>()
    const lose = (error: Error): void => {
      this.#position = null
      reject(error)
    }
    let heardLately = true
    const early: Delivery[] = []
    const inbox = this.#bus.newInbox()
    const subscription = this.#bus.subscribe(inbox, (delivery) => {
      heardLately = true
      if (this.#position !== null) this.#receive(delivery, lose)
      else if (early.push(delivery) > maxEarly) lose(new Error('too many facts before the first'))
    })
    const stopListening = this.#bus.onDisconnect(() => lose(new Error('the connection was lost')))
    const stop = (): void => lose(new Error('stopped'))
    this.#stopping.signal.addEventListener('abort', stop)
    let watch: NodeJS.Timeout | undefined
    try {
      const position = await Promise.race([createPushConsumer(this.#bus, inbox), lost])
      this.#position = position
      begun()
      this.#observer.onRestart(position)
      for (const delivery of early.splice(0)) this.#receive(delivery, lose)
      // Seconds are counted, not measured: while this process stands still, they do not pass.
      let silence = 0
      watch = setInterval(() => {
        silence = heardLately ? 0 : silence + 1
        heardLately = false
        if (silence >= silentSeconds) lose(new Error('the server is silent'))
      }, 1_000)
      return await lost
    } finally {
      this.#position = null
      this.#stopping.signal.removeEventListener('abort', stop)
      stopListening()
      clearInterval(watch)
      subscription.cancel()
    }
  }

  #receive(delivery: Delivery, lose: (error: Error) => void): void {
    if (this.#position === null) return
    const { stream, sequence } = this.#position
    try {
      const pushed = readPushed(delivery)
      const expected = pushed.kind === 'fact' ? sequence + 1 : sequence
      if (pushed.sequence !== expected) throw new Error(`fact ${expected} was missed, ${pushed.sequence} is here`)
      if (pushed.kind === 'heartbeat') return
    } catch (error) {
      lose(error as Error)
      return
    }
    const name = readName(delivery.subject)
    if (name !== null) this.#observer.onFact({ ...name, sequence: sequence + 1 })
    this.#position = { stream, sequence: sequence + 1 }
  }
}

export type { FactFollower }

/** `null` for what only a newer version tells. */
function readName(subject: string): FactName | null {
  try {
    return parseFactSubject(subject)
  } catch {
    return null
  }
}
