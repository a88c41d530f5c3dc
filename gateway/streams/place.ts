import { setTimeout as pause } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import type { QueuePlace } from '#shared/contracts/waiting-room.ts'
import { errorCodeOf } from '#shared/errors.ts'
import { placeMessage } from './framing.ts'

/** Pause after a failed poll. */
const retryMs = 5_000
/** Shorter than the time between two polls of one stream. */
const sharedMs = 900
/** Places whose answers are shared. Beyond this number each stream polls for itself. */
const maxShared = 10_000

/** Shares the answers about a place among all its streams, so that many streams do not poll more often than one. */
export class SharedPlaces {
  readonly #answers = new LRUCache<string, Promise<QueuePlace>>({ max: maxShared, ttl: sharedMs })

  view(placeId: string, ask: () => Promise<QueuePlace>): Promise<QueuePlace> {
    const known = this.#answers.get(placeId)
    if (known !== undefined) return known
    const answer = ask()
    this.#answers.set(placeId, answer)
    return answer
  }
}

/**
 * Sends a message whenever a place in the queue moves, until it is admitted or ends. `ask` also marks the owner as present, so it runs as
 * often as the place demands, even without changes. Ends with `ended`; never throws.
 */
export async function followPlace(
  ask: () => Promise<QueuePlace>,
  write: (message: Buffer) => void,
  ended: AbortSignal,
): Promise<void> {
  let sent = ''
  while (!ended.aborted) {
    let waitMs = retryMs
    try {
      const { claim_in_ms, next_poll_ms, ...place } = await ask()
      if (ended.aborted) return
      const news = JSON.stringify([place.state, place.ahead, place.eta_s])
      if (news !== sent) write(placeMessage({ ...place, claim_in_ms }))
      sent = news
      if (place.state === 'admitted' || place.state === 'ended') return
      waitMs = next_poll_ms
    } catch (error) {
      // The room is off: everybody can buy.
      if (errorCodeOf(error) === 'queue_not_enabled') return
      if (errorCodeOf(error) === 'place_expired') return write(placeMessage({ state: 'ended' }))
    }
    await pause(waitMs, undefined, { signal: ended, ref: false }).catch(() => undefined)
  }
}
