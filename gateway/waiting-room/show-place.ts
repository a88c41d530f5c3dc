import type { QueuePlace } from '#shared/contracts/waiting-room.ts'
import { TicketingError } from '#shared/errors.ts'
import type { Place, Serving } from './queue.ts'
import { isBeforeDraw, type KnownRoom } from './rooms.ts'

/** The 90th percentile of the wait, divided by the median, as measured in trials. */
const spreadAtFixedRate = 1.5
const spreadAtMovingRate = 2.5
export const shortestPollMs = 1_000
const longestPollMs = 30_000
const leastPollBeforeOpeningMs = 5_000

interface Surroundings {
  readonly known: KnownRoom
  readonly serving: Serving
  /** How fast the queue moves; undefined if that is not known yet. */
  readonly perSecond: number | undefined
}

/** The public form of a place. */
export function showPlace(
  name: Pick<QueuePlace, 'id' | 'event_id' | 'index'>,
  { state, number, ahead, untilMs }: Place,
  { known, serving: { serving, nowMs, callsPerMinute }, perSecond }: Surroundings,
): QueuePlace {
  const isWaiting = state === 'waiting' || state === 'passed'
  if (isBeforeDraw(known)) {
    return {
      ...name,
      state: isWaiting ? 'waiting' : 'ended',
      ...{ number: null, ahead: null, serving: 0, eta_s: null, claim_in_ms: null },
      next_poll_ms: pollBefore(Date.parse(known.room.draw?.opens_at ?? '') - nowMs),
    }
  }
  const opensInMs = (known.settings.opensAtMs ?? 0) - nowMs
  const spread = callsPerMinute < known.settings.callsPerMinute ? spreadAtMovingRate : spreadAtFixedRate
  const etaS = isWaiting && perSecond !== undefined ? ahead / perSecond : null
  // While the speed is unknown, buyers near the front must not miss their call.
  const soonestS = known.settings.state === 'open' ? (60 * ahead) / callsPerMinute : null
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

/** The error for a place whose turn has passed. */
export function placeExpired(): TicketingError {
  return new TicketingError('place_expired', 'Your turn has passed; join at the end of the queue.')
}

/** Everybody waits for the same moment: poll after half of the remaining time, but not every second. */
function pollBefore(openingMs: number): number {
  return Math.round(Math.min(longestPollMs, Math.max(leastPollBeforeOpeningMs, openingMs / 2)))
}

/** Poll after an eighth of the remaining wait: most buyers poll rarely, those near the front often. */
function pollAfter(etaS: number | null): number {
  if (etaS === null) return longestPollMs / 3
  return Math.round(Math.min(longestPollMs, Math.max(shortestPollMs, (etaS * 1_000) / 8)))
}
