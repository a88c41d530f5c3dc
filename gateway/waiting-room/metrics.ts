import { LRUCache } from 'lru-cache'
import { Counter } from 'prom-client'
import type { Metrics } from '#shared/observability/metrics.ts'
import type { Control, Serving } from './queue.ts'
import { maxRooms } from './rooms.ts'
import type { RoomSettings } from './scripts.ts'

/** Rooms that nobody has read for this long are not shown. */
const shownMs = 10_000
/**
 * A room must call somebody within this time if a buyer waits and a slot is free. It must hold its draw within this time after the opening.
 */
const stuckMs = 60_000

interface SeenRoom {
  readonly settings: RoomSettings
  readonly serving: Serving
  readonly control: Control
  /** `performance.now()` */
  readonly at: number
  /** `performance.now()` when `serving` last rose, or when nobody needed to be called. */
  readonly movedAt: number
}

/**
 * Waiting rooms as this gateway last saw them, all together, because names of events are no metric labels. Gateways see the same rooms: use
 * the largest value of all gateways, not the sum.
 */
export class RoomMetrics {
  readonly #rooms = new LRUCache<string, SeenRoom>({ max: maxRooms })
  readonly #joined: Counter
  readonly #admitted: Counter
  readonly #finished: Counter
  readonly #bypassed: Counter
  readonly #now: () => number

  /** `now`: a monotonic clock, in milliseconds. */
  constructor(metrics: Metrics, now = () => performance.now()) {
    this.#now = now
    const gauge = (name: string, help: string, of: (room: SeenRoom) => number) =>
      metrics.watch(name, help, () => this.#shown().reduce((sum, room) => sum + of(room), 0))
    const worst = (name: string, help: string, of: (room: SeenRoom) => number) =>
      metrics.watch(name, help, () => this.#shown().reduce((most, room) => Math.max(most, of(room)), 0))
    gauge('waiting_rooms_open', 'Waiting rooms that call buyers.', (room) => (isCalling(room) ? 1 : 0))
    gauge(
      'waiting_rooms_stuck',
      'Waiting rooms that should call buyers or hold a draw, but have not done so for a minute.',
      (room) => (this.#now() - room.movedAt > stuckMs ? 1 : 0),
    )
    gauge('waiting_room_waiting', 'Places not called yet.', ({ serving }) => waitingIn(serving))
    gauge('waiting_room_active', 'Sessions: buyers who choose and pay.', ({ serving }) => serving.active)
    gauge('waiting_room_called', 'Calls not claimed yet.', ({ serving }) => serving.called)
    gauge('waiting_room_max_active', 'Limit of sessions and open calls.', ({ settings }) => settings.maxActive)
    gauge('waiting_room_calls_per_minute', 'Current rate of calls.', ({ control }) => control.callsPerMinute)
    gauge(
      'waiting_room_max_calls_per_minute',
      'Highest rate of calls, as set by organisers.',
      ({ settings }) => settings.callsPerMinute,
    )
    worst(
      'waiting_room_pending_calls',
      'Calls to booking workers under way, as the controller sees them.',
      (room) => room.control.pending,
    )
    worst(
      'waiting_room_median_hold_seconds',
      'Median time of a hold, as the controller sees it.',
      (room) => room.control.medianHoldMs / 1_000,
    )
    const registers = [metrics.registry]
    const counter = (name: string, help: string) => new Counter({ name, help, registers })
    this.#joined = counter('waiting_room_joins_total', 'New places given out.')
    this.#admitted = counter(
      'waiting_room_passes_total',
      'Passes given out, including repeated ones for the same place.',
    )
    this.#finished = counter('waiting_room_finished_total', 'Sessions that ended because their pass has bought.')
    this.#bypassed = counter('waiting_room_bypass_passes_total', 'Passes given out without the queue.')
  }

  /** Stores the state of a room; called once a second. `isDrawDue`: its draw is overdue. */
  saw(
    eventId: string,
    {
      isDrawDue,
      settings,
      serving,
      control,
    }: Pick<SeenRoom, 'settings' | 'serving' | 'control'> & { readonly isDrawDue: boolean },
  ): void {
    const at = this.#now()
    const before = this.#rooms.get(eventId)
    const isFree = serving.active + serving.called < settings.maxActive
    const mustMove = isDrawDue || (isCalling({ settings, serving }) && isFree && waitingIn(serving) > 0)
    const hasMoved = serving.serving !== before?.serving.serving
    const movedAt = before === undefined || hasMoved || !mustMove ? at : before.movedAt
    this.#rooms.set(eventId, { settings, serving, control, at, movedAt })
  }

  joined(): void {
    this.#joined.inc()
  }

  admitted(): void {
    this.#admitted.inc()
  }

  finished(): void {
    this.#finished.inc()
  }

  bypassed(): void {
    this.#bypassed.inc()
  }

  #shown(): SeenRoom[] {
    return [...this.#rooms.values()].filter(({ at }) => this.#now() - at < shownMs)
  }
}

function isCalling({ settings, serving }: Pick<SeenRoom, 'settings' | 'serving'>): boolean {
  return settings.state === 'open' && serving.nowMs >= (settings.opensAtMs ?? 0)
}

function waitingIn({ serving, issued, gaps }: Serving): number {
  const missing = gaps.reduce((sum, [first, last]) => sum + Math.max(0, last - Math.max(first, serving + 1) + 1), 0)
  return Math.max(0, issued - serving - missing)
}
