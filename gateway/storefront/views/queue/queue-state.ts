import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { DrawSummary } from '#shared/contracts/draw.ts'
import type { viewEvent } from '#shared/contracts/event.ts'
import type { QueuePlace } from '#shared/contracts/waiting-room.ts'

/**
 * Where a buyer stands: `early` before anybody may join, `join` without a place, `before` the draw, `waiting` in the queue, `turn` called,
 * `inside` with a pass, `over` after it; `none`: the event has no queue now.
 */
export type Stage = 'early' | 'join' | 'before' | 'waiting' | 'turn' | 'inside' | 'over' | 'none'

export interface ShownPlace {
  readonly id: string
  /** Null before the draw. */
  readonly number: number | null
  readonly ahead: number | null
  readonly eta_s: QueuePlace['eta_s']
}

/** The facts of an event that its queue shows. */
export interface QueueEvent {
  readonly id: string
  readonly name: string
  readonly starts_on: string
  readonly starts_at: string | null
  readonly tz: string | null
  readonly where: string | null
  readonly city: string | null
  readonly opensAt: string | null
}

export interface QueueState {
  readonly event: QueueEvent
  readonly language: string
  /** Minutes for which a pass lasts. */
  readonly minutesToChoose: number
  readonly isPaused: boolean
  /** False without script. */
  readonly isLive: boolean
  readonly stage: Stage
  readonly place: ShownPlace | null
  /** Null where buyers are called as they came. */
  readonly draw: DrawSummary | null
  /** Why a place is over, or a request was refused. */
  readonly why: 'missed' | 'ended' | 'left' | 'full' | 'no answer' | null
  /** `9:41`: until the sale opens, the call lapses, or the pass ends. */
  readonly clock: string | null
  readonly asking: 'join' | 'claim' | null
  /** The time of the draw is here; its order is not out yet. */
  readonly isDrawing: boolean
  /** The call was claimed, but others go in at this moment. */
  readonly isNext: boolean
  /** `10:42`: the last answer, while there is no network. */
  readonly offlineSince: string | null
  readonly rings: boolean
}

export function queueEvent({ venue, sale, ...event }: ReplyOf<typeof viewEvent>): QueueEvent {
  const { id, name, starts_on, starts_at, tz } = event
  const parts = venue === null ? [] : [venue.name, venue.city].filter((part) => part !== null)
  const opensAt = sale.status === 'announced' ? sale.on_sale_at : null
  const where = parts.length === 0 ? null : parts.join(', ')
  return { id, name, starts_on, starts_at, tz, where, city: venue?.city ?? null, opensAt }
}

/** What an answer about the own place says. `before`: the stage until now. */
export function afterPlace(place: QueuePlace, before: Stage): Pick<QueueState, 'stage' | 'place' | 'why'> {
  const { id, number, ahead, eta_s } = place
  const shown: ShownPlace = { id, number, ahead, eta_s }
  switch (place.state) {
    case 'waiting':
      return { stage: shown.number === null ? 'before' : 'waiting', place: shown, why: null }
    case 'called':
      return { stage: 'turn', place: shown, why: null }
    case 'admitted':
      return { stage: 'inside', place: shown, why: null }
    case 'ended':
      return { stage: 'over', place: null, why: before === 'turn' || before === 'waiting' ? 'missed' : 'ended' }
  }
}

/** What a refusal about the own place, or about joining, says; null where asking again may help. */
export function afterRefusal(code: string): Pick<QueueState, 'stage' | 'place' | 'why'> | null {
  switch (code) {
    case 'place_expired':
      return { stage: 'over', place: null, why: 'missed' }
    case 'not_found':
    case 'unauthenticated':
      return { stage: 'join', place: null, why: null }
    case 'queue_full':
      return { stage: 'join', place: null, why: 'full' }
    case 'queue_not_enabled':
    case 'event_not_found':
      return { stage: 'none', place: null, why: null }
    default:
      return null
  }
}
