import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { DrawSummary } from '#shared/contracts/draw.ts'
import type { viewEvent } from '#shared/contracts/event.ts'
import type { QueuePlace } from '#shared/contracts/waiting-room.ts'

/**
 * The buyer's stage. `early`: nobody can join yet; `join`: no place; `before`: the draw is still to come; `waiting`: in the queue; `turn`:
 * called; `inside`: has a pass; `over`: the place has ended; `none`: the event has no queue now.
 */
export type Stage = 'early' | 'join' | 'before' | 'waiting' | 'turn' | 'inside' | 'over' | 'none'

export interface ShownPlace {
  readonly id: string
  /** Null before the draw. */
  readonly number: number | null
  readonly ahead: number | null
  readonly eta_s: QueuePlace['eta_s']
}

/** The data of an event that its queue shows. */
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
  /** Length of a pass, in minutes. */
  readonly minutesToChoose: number
  readonly isPaused: boolean
  /** False without script. */
  readonly isLive: boolean
  readonly stage: Stage
  readonly place: ShownPlace | null
  /** Null if buyers are called in the order of joining. */
  readonly draw: DrawSummary | null
  /** Why a place has ended, or a request was refused. */
  readonly why: 'missed' | 'ended' | 'left' | 'full' | 'no answer' | null
  /** Time until the sale opens, the call lapses or the pass ends: `9:41`. */
  readonly clock: string | null
  readonly asking: 'join' | 'claim' | null
  /** The draw is in progress. */
  readonly isDrawing: boolean
  /** The call was claimed, but the rate of entry is used up. */
  readonly isNext: boolean
  /** Time of the last figures, if the page could not read newer ones: `10:42`. */
  readonly offlineSince: string | null
  /** The title of the problem with which the gateway refused the last request; null if no answer came. */
  readonly refusal: string | null
  readonly rings: boolean
}

/** The data of an event that its queue shows. */
export function queueEvent({ venue, sale, ...event }: ReplyOf<typeof viewEvent>): QueueEvent {
  const { id, name, starts_on, starts_at, tz } = event
  const parts = venue === null ? [] : [venue.name, venue.city].filter((part) => part !== null)
  const opensAt = sale.status === 'announced' ? sale.on_sale_at : null
  const where = parts.length === 0 ? null : parts.join(', ')
  return { id, name, starts_on, starts_at, tz, where, city: venue?.city ?? null, opensAt }
}

/** The state after an answer about the buyer's place. `before`: the stage until now. */
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

/** The state after a refusal of the buyer's place or of joining; null if a retry may help. */
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
