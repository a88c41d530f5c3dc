import { setTimeout as pause } from 'node:timers/promises'
import type { QueuePlace } from '#shared/contracts/waiting-room.ts'
import { errorCodeOf } from '#shared/errors.ts'
import { placeMessage } from './framing.ts'

/** After a question that was not answered. */
const askAgainMs = 5_000

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
