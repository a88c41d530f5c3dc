import { setTimeout as pause } from 'node:timers/promises'
import type Logger from 'bunyan'
import type { JsMsg } from 'nats'
import type { Bus } from '#shared/messaging/bus.ts'
import { type FactName, parseFactSubject } from './fact.ts'
import { type FactPosition, openFollower, receiveFacts, StreamMissing } from './stream.ts'

/*
 * Consumers (`consume.ts`) share the facts, get each until it is handled, and begin with the oldest. A follower gets every fact once, from
 * now on, and is informed when it may have missed some. That suits data in the memory of a process.
 */

export interface FollowedFact extends FactName {
  /** Its sequence number in the stream. */
  readonly sequence: number
  /** JSON, not parsed: most observers need only the name. */
  readonly payload: Uint8Array
}

export interface FactObserver {
  readonly log: Logger
  /** Receives every fact, in the order of the stream. Must not throw. */
  onFact(fact: FollowedFact): void
  /** Called at the beginning and after each interruption: facts before `position` may have been missed. Must not throw. */
  onRestart(position: FactPosition): void
}

export interface FactFollower {
  /** The observer has received every fact up to here. `null` while facts are not followed. */
  readonly position: FactPosition | null
  stop(): Promise<void>
}

const backoffMs = 250
const stopMs = 500

/** Passes all facts to `observer` until it is stopped. Never throws: without NATS or a stream of facts it retries. */
export function followFacts(bus: Bus, { log, onFact, onRestart }: FactObserver): FactFollower {
  const stop = new AbortController()
  let position: FactPosition | null = null

  const receive = ({ subject, seq: sequence, data: payload }: JsMsg): void => {
    if (position === null) return
    const expected = position.sequence + 1
    if (sequence !== expected) throw new Error(`fact ${expected} was missed, ${sequence} is here`)
    const name = readName(subject)
    if (name !== null) onFact({ ...name, sequence, payload })
    position = { stream: position.stream, sequence }
  }

  const follow = async (stopped: AbortSignal): Promise<void> => {
    let failing = false
    while (!stopped.aborted) {
      try {
        const follower = await openFollower(bus)
        if (failing) log.info('following facts resumed')
        failing = false
        position = follower.position
        onRestart(position)
        await receiveFacts(bus, follower.messages, stopped, receive)
        position = null
      } catch (error) {
        // Before the first worker has run there is no stream: nothing is wrong.
        if (!failing && error instanceof StreamMissing) log.info('no stream of facts to follow yet')
        else if (!failing && !stopped.aborted) log.warn({ err: error }, 'following facts was interrupted')
        failing = true
        position = null
        await pause(backoffMs, undefined, { signal: stopped }).catch(() => undefined)
      }
    }
    position = null
  }

  const ended = follow(stop.signal)
  return {
    get position() {
      return bus.connected ? position : null
    },
    async stop() {
      stop.abort()
      // JetStream may be slow to open a follower, which then ends at once.
      await Promise.race([ended, pause(stopMs, undefined, { ref: false })])
    },
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
