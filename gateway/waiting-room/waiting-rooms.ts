import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import type { ReplyOf, RequestOf } from '#shared/contracts/contract.ts'
import {
  claimPass,
  countBypass,
  issueBypass,
  joinQueue,
  leaveQueue,
  type QueuePlace,
  reservePlaces,
  viewQueuePlace,
  viewServing,
  viewWaitingRoom,
  type WaitingRoom,
} from '#shared/contracts/waiting-room.ts'
import { TicketingError } from '#shared/errors.ts'
import { keyOf } from '#shared/ids.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { call } from '#shared/messaging/call.ts'
import { anonymous } from '#shared/messaging/caller.ts'
import type { MessageContext } from '#shared/messaging/headers.ts'
import type { queuePasses } from '#shared/queue-pass.ts'
import type { OwnOperation } from '../routes/perform.ts'
import type { BookingLoad } from './load.ts'
import type { RoomMetrics } from './metrics.ts'
import { Pace } from './pace.ts'
import { type PlaceIds, type PlaceName, placeOfPass } from './place-id.ts'
import type { Joined, Place, Queue, RoomSettings, Serving } from './queue.ts'

interface Parts {
  readonly queue: Queue
  readonly placeIds: PlaceIds
  readonly bus: Bus
  readonly passes: ReturnType<typeof queuePasses>
  /** Of this gateway. */
  readonly load: BookingLoad
  readonly metrics: RoomMetrics
  /** Name of this gateway. */
  readonly instance: string
}

/** Settings and `serving` of a room are at most this old. */
const freshMs = 1_000
/** Rooms that are remembered. */
const maxRooms = 1_000
/** Places that a gateway reserves at a time. */
const blockSize = 10_000
/** By how much nine of ten buyers wait longer than half of them, as trials showed. */
const spreadAtFixedRate = 1.5
const spreadAtMovingRate = 2.5
const shortestPollMs = 1_000
const longestPollMs = 30_000

interface OpenRoom {
  readonly room: WaitingRoom
  readonly settings: RoomSettings
}

/** The waiting rooms of all events: queue, passes, and what everybody may know. Without Redis, joins and passes answer `unavailable`. */
export class WaitingRooms {
  readonly #parts: Parts
  readonly #rooms = new LRUCache<string, { at: number; room: Promise<WaitingRoom> }>({ max: maxRooms })
  readonly #serving = new LRUCache<string, { at: number; serving: Promise<Serving> }>({ max: maxRooms })
  readonly #paces = new LRUCache<string, Pace>({ max: maxRooms })

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** The place of a caller. Throws `queue_not_enabled` and `queue_full`. */
  async join(eventId: string, context: MessageContext): Promise<QueuePlace> {
    const open = await this.#openRoom(eventId, context)
    const userId = context.caller.id
    const { place, isNew } = await this.#joinQueue(eventId, userId, open, context)
    if (isNew) this.#parts.metrics.joined()
    return this.#describe({ eventId, index: place.index }, place, userId, open)
  }

  /** A place of the caller. Throws `not_found`, and `place_expired` for one that was passed over too long ago. */
  async view(placeId: string, context: MessageContext): Promise<QueuePlace> {
    const name = this.#nameOf(placeId, context)
    const open = await this.#openRoom(name.eventId, context)
    const { queue, placeIds } = this.#parts
    const userId = context.caller.id
    const place = await redis(() => queue.look(name.eventId, placeIds.callerOf(userId), name.index, open.settings))
    if (place.state === 'expired') throw placeExpired()
    return this.#describe({ ...name, index: place.index }, place, userId, open)
  }

  async leave(placeId: string, context: MessageContext): Promise<Record<string, never>> {
    const { eventId, index } = this.#nameOf(placeId, context)
    const room = await this.#room(eventId, context)
    await redis(() => this.#parts.queue.leave(eventId, index, settingsOf(room)))
    return {}
  }

  /** Ends the session of a pass that has bought: its slot is free at once. Repeating it changes nothing. */
  async finish(eventId: string, passId: string): Promise<void> {
    const index = placeOfPass(passId)
    if (index === null) return
    const { deadlineMs } = viewWaitingRoom
    const context = { requestId: randomUUID(), caller: anonymous, deadlineAt: performance.now() + deadlineMs }
    const room = await this.#room(eventId, context)
    if (room.state === 'off') return
    await redis(() => this.#parts.queue.leave(eventId, index, settingsOf(room)))
    this.#parts.metrics.finished()
  }

  /** A pass, once the place was called. Throws `not_found`, `place_expired` and `queue_not_enabled`. */
  async claim(placeId: string, context: MessageContext): Promise<ReplyOf<typeof claimPass>> {
    const { eventId, index } = this.#nameOf(placeId, context)
    const { room, settings } = await this.#openRoom(eventId, context)
    const { queue, passes } = this.#parts
    const admission = await redis(() => queue.admit(eventId, index, settings))
    if (admission.kind === 'wait') return { pass: null, expires_at: null, next_poll_ms: admission.waitMs }
    if (admission.kind === 'no call') {
      if (admission.state === 'waiting' || admission.state === 'passed') {
        return { pass: null, expires_at: null, next_poll_ms: shortestPollMs }
      }
      throw placeExpired()
    }
    const { beganMs } = admission
    const exp = Math.floor(beganMs / 1_000) + room.session_s
    // The same place gives the same pass id, whoever signs and however often: booking counts by it.
    const sub = context.caller.id
    const idle = room.idle_s * 1_000
    const pass = { sub, event: eventId, place: index, began: beganMs, idle, exp, jti: keyOf(placeId).ownId }
    this.#parts.metrics.admitted()
    return { pass: await passes.sign(pass), expires_at: new Date(exp * 1_000).toISOString(), next_poll_ms: 0 }
  }

  /** A pass beside the queue, which the event worker has counted. Throws `queue_not_enabled` and `event_not_found`. */
  async bypass(request: RequestOf<typeof issueBypass>, context: MessageContext): Promise<ReplyOf<typeof issueBypass>> {
    const { bus, passes, metrics } = this.#parts
    const { pass_id: jti, began_at, session_s, bypassed } = await call(bus, countBypass, request, context)
    metrics.bypassed()
    const began = Date.parse(began_at)
    const exp = Math.floor(began / 1_000) + session_s
    const { for_user_id: sub, event_id: event } = request
    const pass = await passes.sign({ sub, event, place: null, began, idle: session_s * 1_000, exp, jti })
    return { pass, expires_at: new Date(exp * 1_000).toISOString(), bypassed }
  }

  /** Whether a place id was made for a user and an event. */
  isPlaceOf(placeId: string, { userId, eventId }: { readonly userId: string; readonly eventId: string }): boolean {
    return this.#parts.placeIds.check(placeId, userId)?.eventId === eventId
  }

  /** What everybody may know, at most a second old. */
  async serving(eventId: string, context: MessageContext): Promise<ReplyOf<typeof viewServing>> {
    const open = await this.#openRoom(eventId, context)
    const { serving, issued, gaps, nowMs, callsPerMinute } = await this.#servingOf(eventId, open.settings)
    return {
      event_id: eventId,
      state: open.room.state,
      serving,
      issued,
      gaps: gaps.map(([first, last]) => [first, last]),
      calls_per_minute: callsPerMinute,
      bypassed: open.room.bypassed,
      as_of: new Date(nowMs).toISOString(),
    }
  }

  /**
   * Keeps the session of a pass alive that a request shows for an event. Throws `pass_expired` with `join_url` once it has ended. All
   * else that a pass must be, the booking worker checks, which knows whether the event needs one.
   */
  async keepSession(eventId: string, context: MessageContext): Promise<void> {
    const { caller, queuePass } = context
    if (queuePass === undefined) return
    const { passes, queue } = this.#parts
    const pass = await passes.verify(queuePass).catch(() => null)
    if (pass === null || pass.event !== eventId || pass.sub !== caller.id) return
    // Where this gateway only sells, nobody asks where the queue stands, and yet it has to tell how much it has to do.
    void this.#room(eventId, context)
      .then((room) => (room.state === 'off' ? null : this.#servingOf(eventId, settingsOf(room))))
      .catch(() => undefined)
    // Beside the queue there is no session.
    if (pass.place === null) return
    const session = { index: pass.place, beganMs: pass.began }
    const lasting = { sessionMs: pass.exp * 1_000 - pass.began, idleMs: pass.idle }
    // Without Redis passes go on by their signature.
    if (await queue.touch(eventId, session, lasting).catch(() => true)) return
    throw new TicketingError('pass_expired', 'Your session has ended; join the queue.', {
      extra: { join_url: `/events/${eventId}/queue` },
    })
  }

  async #joinQueue(
    eventId: string,
    userId: string,
    { settings }: OpenRoom,
    context: MessageContext,
  ): Promise<Extract<Joined, { kind: 'place' }>> {
    const { queue, placeIds, bus } = this.#parts
    const caller = placeIds.callerOf(userId)
    const join = () => redis(() => queue.join(eventId, caller, settings))
    let joined = await join()
    if (joined.kind === 'no block') {
      const inNobodysName = { ...context, caller: anonymous }
      const block = await call(bus, reservePlaces, { event_id: eventId, count: blockSize }, inNobodysName)
      await redis(() => queue.addBlock(eventId, block, settings))
      joined = await join()
    }
    if (joined.kind === 'place') return joined
    if (joined.kind === 'full') throw new TicketingError('queue_full', 'The queue is full; try again later.')
    throw new TicketingError('unavailable', 'The queue is being set up; try again shortly.')
  }

  async #describe(
    name: PlaceName,
    { state, number, ahead, untilMs }: Place,
    userId: string,
    { settings }: OpenRoom,
  ): Promise<QueuePlace> {
    const { serving, nowMs, callsPerMinute } = await this.#servingOf(name.eventId, settings)
    const isWaiting = state === 'waiting' || state === 'passed'
    const pace = this.#paces.get(name.eventId)?.perSecond(nowMs)
    const spread = callsPerMinute < settings.callsPerMinute ? spreadAtMovingRate : spreadAtFixedRate
    const etaS = isWaiting && pace !== undefined ? ahead / pace : null
    return {
      id: this.#parts.placeIds.make(name, userId),
      event_id: name.eventId,
      state: isWaiting ? 'waiting' : state === 'called' || state === 'admitted' ? state : 'ended',
      number,
      ahead,
      serving,
      eta_s: etaS === null ? null : { p50: Math.round(etaS), p90: Math.round(spread * etaS) },
      claim_in_ms: state === 'called' ? Math.max(0, untilMs - nowMs) : null,
      next_poll_ms: pollAfter(isWaiting ? etaS : 0),
    }
  }

  /** Rooms change rarely: their settings are asked for once a second. */
  #room(eventId: string, context: MessageContext): Promise<WaitingRoom> {
    const known = this.#rooms.get(eventId)
    if (known !== undefined && performance.now() - known.at < freshMs) return known.room
    const inNobodysName = { requestId: context.requestId, caller: anonymous, deadlineAt: context.deadlineAt }
    const room = call(this.#parts.bus, viewWaitingRoom, { event_id: eventId }, inNobodysName).catch(
      (error: unknown) => {
        // What was known goes on while the event worker does not answer.
        if (known !== undefined && error instanceof TicketingError && error.isFault) return known.room
        this.#rooms.delete(eventId)
        throw error
      },
    )
    this.#rooms.set(eventId, { at: performance.now(), room })
    return room
  }

  async #openRoom(eventId: string, context: MessageContext): Promise<OpenRoom> {
    let room = await this.#room(eventId, context)
    if (room.state === 'off') {
      // Perhaps it has just been opened.
      this.#rooms.delete(eventId)
      room = await this.#room(eventId, context)
    }
    if (room.state === 'off') throw new TicketingError('queue_not_enabled', 'This event has no waiting room now.')
    return { room, settings: settingsOf(room) }
  }

  async #servingOf(eventId: string, settings: RoomSettings): Promise<Serving> {
    const known = this.#serving.get(eventId)
    if (known !== undefined && performance.now() - known.at < freshMs) return known.serving
    const asked = this.#askServing(eventId, settings)
    this.#serving.set(eventId, { at: performance.now(), serving: asked })
    const pace = this.#paces.get(eventId) ?? new Pace()
    this.#paces.set(eventId, pace)
    asked.then(
      ({ serving, nowMs }) => pace.note(serving, nowMs),
      () => this.#serving.delete(eventId),
    )
    return asked
  }

  async #askServing(eventId: string, settings: RoomSettings): Promise<Serving> {
    const { queue, load, metrics, instance: gateway } = this.#parts
    const control = await redis(() => queue.control(eventId, { gateway, ...load.report() }, settings))
    const serving = await redis(() => queue.serving(eventId, settings))
    metrics.saw(eventId, { settings, serving, control })
    return serving
  }

  #nameOf(placeId: string, { caller }: MessageContext): PlaceName {
    const name = this.#parts.placeIds.check(placeId, caller.id)
    if (name === null) throw new TicketingError('not_found', 'You have no such place.')
    return name
  }
}

/** The operations of the waiting room, as routes name them. `rooms` null: they answer `unavailable`. */
export function waitingOperations(rooms: WaitingRooms | null): Readonly<Record<string, OwnOperation>> {
  const open = (): WaitingRooms => {
    if (rooms === null) throw new TicketingError('unavailable', 'There are no waiting rooms here now; try again later.')
    return rooms
  }
  return {
    [joinQueue.operation]: async ({ event_id }: { event_id: string }, context) => open().join(event_id, context),
    [viewQueuePlace.operation]: async ({ place_id }: { place_id: string }, context) => open().view(place_id, context),
    [leaveQueue.operation]: async ({ place_id }: { place_id: string }, context) => open().leave(place_id, context),
    [claimPass.operation]: async ({ place_id }: { place_id: string }, context) => open().claim(place_id, context),
    [issueBypass.operation]: async (request: RequestOf<typeof issueBypass>, context) => open().bypass(request, context),
    [viewServing.operation]: async ({ event_id }: { event_id: string }, context) => open().serving(event_id, context),
  }
}

function settingsOf(room: WaitingRoom): RoomSettings {
  return {
    state: room.state === 'open' ? 'open' : 'paused',
    callsPerMinute: room.calls_per_minute,
    adaptive: room.adaptive,
    maxActive: room.max_active,
    claimMs: room.claim_s * 1_000,
    sessionMs: room.session_s * 1_000,
    idleMs: room.idle_s * 1_000,
  }
}

/** A step that Redis does not answer is tried again: every step may be repeated. */
const tries = 5
const retryPauseMs = 100

/** Asks Redis; the queue is nowhere else. Throws `unavailable` after a second at the latest. */
async function redis<Reply>(ask: () => Promise<Reply>, tried = 1): Promise<Reply> {
  try {
    return await ask()
  } catch (error) {
    if (tried < tries) {
      await pause(retryPauseMs)
      return redis(ask, tried + 1)
    }
    throw new TicketingError('unavailable', 'The queue cannot be reached now; your place is kept. Try again shortly.', {
      cause: error,
    })
  }
}

/** An eighth of the remaining wait: the masses ask rarely, those near the front often. */
function pollAfter(etaS: number | null): number {
  if (etaS === null) return longestPollMs / 3
  return Math.round(Math.min(longestPollMs, Math.max(shortestPollMs, (etaS * 1_000) / 8)))
}

function placeExpired(): TicketingError {
  return new TicketingError('place_expired', 'Your turn has passed; join at the end of the queue.')
}
