import type { QueuePlace } from '#shared/contracts/waiting-room.ts'
import { TicketingError } from '#shared/errors.ts'
import type { Place, Serving } from './queue.ts'
import { isBeforeDraw, type KnownRoom } from './rooms.ts'

/** By how much nine of ten buyers wait longer than half of them, as trials showed. */
const spreadAtFixedRate = 1.5
const spreadAtMovingRate = 2.5
export const shortestPollMs = 1_000
const longestPollMs = 30_000
const leastPollBeforeOpeningMs = 5_000

interface Surroundings {
  readonly open: KnownRoom
  readonly serving: Serving
  /** How fast the queue moves; undefined while that is not known. */
  readonly perSecond: number | undefined
}

/** A place in its public form. */
export function showPlace(
  name: Pick<QueuePlace, 'id' | 'event_id' | 'index'>,
  { state, number, ahead, untilMs }: Place,
  { open, serving: { serving, nowMs, callsPerMinute }, perSecond }: Surroundings,
): QueuePlace {
  const isWaiting = state === 'waiting' || state === 'passed'
  if (isBeforeDraw(open)) {
    return {
      ...name,
      state: isWaiting ? 'waiting' : 'ended',
      ...{ number: null, ahead: null, serving: 0, eta_s: null, claim_in_ms: null },
      next_poll_ms: pollBefore(Date.parse(open.room.draw?.opens_at ?? '') - nowMs),
    }
  }
  const opensInMs = (open.settings.opensAtMs ?? 0) - nowMs
  const spread = callsPerMinute < open.settings.callsPerMinute ? spreadAtMovingRate : spreadAtFixedRate
  const etaS = isWaiting && perSecond !== undefined ? ahead / perSecond : null
  // While nobody knows how fast it moves, who is near the front must not sleep through the call.
  const soonestS = open.settings.state === 'open' ? (60 * ahead) / callsPerMinute : null
  return {
    ...name,
    state: isWaiting ? 'waiting' : state === 'called' || state === 'admitted' ? state : 'ended',
    number,
    ahead,
    serving,
    eta_s: etaS === null ? null : { p50: Math.round(etaS), p90: Math.round(spread * etaS) },
    claim_in_ms: state === 'called' ? Math.max(0, untilMs - nowMs) : null,
    next_poll_ms: isWaiting && opensInMs > 0 ? pollBefore(opensInMs) : pollAfter(isWaiting ? (etaS ?? soonestS) : 0),
  }
}

/** A place whose turn is over. */
export function placeExpired(): TicketingError {
  return new TicketingError('place_expired', 'Your turn has passed; join at the end of the queue.')
}

/** Everybody waits for the same moment: half of the time until then, but never each second. */
function pollBefore(openingMs: number): number {
  return Math.round(Math.min(longestPollMs, Math.max(leastPollBeforeOpeningMs, openingMs / 2)))
}

/** An eighth of the remaining wait: the masses ask rarely, those near the front often. */
function pollAfter(etaS: number | null): number {
  if (etaS === null) return longestPollMs / 3
  return Math.round(Math.min(longestPollMs, Math.max(shortestPollMs, (etaS * 1_000) / 8)))
}
