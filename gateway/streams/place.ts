import { setTimeout as pause } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import type { QueuePlace } from '#shared/contracts/waiting-room.ts'
import { errorCodeOf } from '#shared/errors.ts'
import { placeMessage } from './framing.ts'

/** After a question that was not answered. */
const askAgainMs = 5_000
/** Shorter than the time between two questions of one stream. */
const sharedMs = 900
/** Places whose answers are shared; beyond them each stream asks for itself. */
const maxShared = 10_000

/** Lets all streams of a place share its answers: many streams ask no more often than one. */
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
 * Writes a message whenever a place in the queue moves, until it is admitted or over. To `ask` counts its owner as present, so it is
 * asked as often as the place says, also while nothing changes. Ends with `ended`; never throws.
 */
export async function tellPlace(
  ask: () => Promise<QueuePlace>,
  write: (message: Buffer) => void,
  ended: AbortSignal,
): Promise<void> {
  let told = ''
  while (!ended.aborted) {
    let waitMs = askAgainMs
    try {
      const { claim_in_ms, next_poll_ms, ...place } = await ask()
      if (ended.aborted) return
      const news = JSON.stringify([place.state, place.ahead, place.eta_s])
      if (news !== told) write(placeMessage({ ...place, claim_in_ms }))
      told = news
      if (place.state === 'admitted' || place.state === 'ended') return
      waitMs = next_poll_ms
    } catch (error) {
      // The room is off: everybody may buy.
      if (errorCodeOf(error) === 'queue_not_enabled') return
      if (errorCodeOf(error) === 'place_expired') return write(placeMessage({ state: 'ended' }))
    }
    await pause(waitMs, undefined, { signal: ended, ref: false }).catch(() => undefined)
  }
}
