import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import type { ParsedRequestOf, ReplyOf, RequestOf } from '#shared/contracts/contract.ts'
import { listAdmissions, signReceipt, viewReceipt } from '#shared/contracts/draw.ts'
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
} from '#shared/contracts/waiting-room.ts'
import { leafOf } from '#shared/draw.ts'
import { TicketingError } from '#shared/errors.ts'
import { keyOf } from '#shared/ids.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { call } from '#shared/messaging/call.ts'
import { anonymous } from '#shared/messaging/caller.ts'
import type { MessageContext } from '#shared/messaging/headers.ts'
import type { queuePasses } from '#shared/queue-pass.ts'
import type { OwnOperation } from '../routes/perform.ts'
import { type Draws, once } from './draws.ts'
import type { BookingLoad } from './load.ts'
import type { RoomMetrics } from './metrics.ts'
import { Pace } from './pace.ts'
import { type PlaceIds, type PlaceName, placeOfPass } from './place-id.ts'
import { type Joined, lacksNumbers, type Place, type Queue, type Serving } from './queue.ts'
import { freshMs, inNobodysName, isBeforeDraw, type KnownRoom, maxRooms, Rooms } from './rooms.ts'
import { shortestPollMs, showPlace } from './show-place.ts'

interface Parts {
  readonly queue: Queue
  readonly draws: Draws
  readonly placeIds: PlaceIds
  readonly bus: Bus
  readonly passes: ReturnType<typeof queuePasses>
  /** Of this gateway. */
  readonly load: BookingLoad
  readonly metrics: RoomMetrics
  /** Name of this gateway. */
  readonly instance: string
}

/** Places that a gateway reserves at a time. */
const blockSize = 10_000

/** The waiting rooms of all events: queue, passes, and what everybody may know. Without Redis, joins and passes answer `unavailable`. */
export class WaitingRooms {
  readonly #parts: Parts
  readonly #rooms: Rooms
  readonly #serving = new LRUCache<string, { at: number; serving: Promise<Serving> }>({ max: maxRooms })
  readonly #paces = new LRUCache<string, Pace>({ max: maxRooms })
  /** Under way, by event. */
  readonly #reserving = new Map<string, Promise<void>>()

  constructor(parts: Parts) {
    this.#parts = parts
    this.#rooms = new Rooms(parts.bus)
  }

  /** The place of a caller. Throws `queue_not_enabled` and `queue_full`. */
  async join(eventId: string, context: MessageContext): Promise<QueuePlace> {
    const userId = context.caller.id
    const { place, isNew, open } = await this.#joinQueue(eventId, userId, context)
    if (isNew) this.#parts.metrics.joined()
    const name = { eventId, index: place.index }
    await this.#enterRoll(name, userId, open)
    return this.#show(name, place, userId, open)
  }

  /** A place of the caller. Throws `not_found`, and `place_expired` for one that was passed over too long ago. */
  async view(placeId: string, context: MessageContext): Promise<QueuePlace> {
    const { open, name, place } = await this.#look(placeId, context)
    return this.#show(name, place, context.caller.id, open)
  }

  /** A receipt of a place of the caller. Throws `not_found`, `place_expired`, and `draw_not_open` without a draw. */
  async receipt(placeId: string, context: MessageContext): Promise<ReplyOf<typeof viewReceipt>> {
    const { name, takesPart } = await this.#look(placeId, context)
    const leaf = leafOf(this.#parts.placeIds.make(name, context.caller.id)).toString('hex')
    const { bus } = this.#parts
    const request = { event_id: name.eventId, index: name.index, leaf, takes_part: takesPart }
    return call(bus, signReceipt, request, inNobodysName(context))
  }

  async leave(placeId: string, context: MessageContext): Promise<Record<string, never>> {
    const { eventId, index } = this.#nameOf(placeId, context)
    const known = await this.#rooms.get(eventId, context)
    await this.#ask(eventId, known, () => this.#parts.queue.leave(eventId, index, known.settings))
    return {}
  }

  /** Ends the session of a pass that has bought: its slot is free at once. Repeating it changes nothing. */
  async finish(eventId: string, passId: string): Promise<void> {
    const index = placeOfPass(passId)
    if (index === null) return
    const { deadlineMs } = viewWaitingRoom
    const context = { requestId: randomUUID(), caller: anonymous, deadlineAt: performance.now() + deadlineMs }
    const open = await this.#rooms.get(eventId, context)
    if (open.room.state === 'off') return
    await this.#ask(eventId, open, () => this.#parts.queue.leave(eventId, index, open.settings))
    this.#parts.metrics.finished()
  }

  /** A pass, once the place was called. Throws `not_found`, `place_expired` and `queue_not_enabled`. */
  async claim(placeId: string, context: MessageContext): Promise<ReplyOf<typeof claimPass>> {
    const { eventId, index } = this.#nameOf(placeId, context)
    const open = await this.#rooms.getOpen(eventId, context)
    const { room, settings } = open
    const { queue, passes } = this.#parts
    const admission = await this.#ask(eventId, open, () => queue.admit(eventId, index, settings))
    if (admission.kind === 'wait') return { pass: null, expires_at: null, next_poll_ms: admission.waitMs }
    if (admission.kind === 'no call') {
      if (admission.state === 'waiting' || admission.state === 'passed') {
        return { pass: null, expires_at: null, next_poll_ms: shortestPollMs }
      }
      throw placeExpired()
    }
    const { beganMs } = admission
    const exp = Math.floor(beganMs / 1_000) + room.session_s
    // The same place gives the same pass id, at every gateway and each time: booking counts by it.
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
    const open = await this.#rooms.getOpen(eventId, context)
    const { serving, issued, gaps, nowMs, callsPerMinute } = await this.#servingOf(eventId, open)
    return {
      event_id: eventId,
      state: open.room.state,
      serving,
      issued,
      gaps: isBeforeDraw(open) ? [] : gaps.map(([first, last]) => [first, last]),
      calls_per_minute: callsPerMinute,
      bypassed: open.room.bypassed,
      draw: open.room.draw,
      as_of: new Date(nowMs).toISOString(),
    }
  }

  /** The journal, oldest first. Throws `event_not_found`. */
  async admissions(
    { event_id, limit, cursor }: ParsedRequestOf<typeof listAdmissions>,
    context: MessageContext,
  ): Promise<ReplyOf<typeof listAdmissions>> {
    const known = await this.#rooms.get(event_id, context)
    const read = () => this.#parts.queue.admissions(event_id, { after: cursor, limit })
    const { admissions, next } = await this.#ask(event_id, known, read)
    return {
      items: admissions.map(({ number, atMs, serving }) => ({
        number,
        admitted_at: new Date(atMs).toISOString(),
        serving,
      })),
      next_cursor: next,
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
    void this.#rooms
      .get(eventId, context)
      .then((known) => (known.room.state === 'off' ? null : this.#servingOf(eventId, known)))
      .catch(() => undefined)
    // Beside the queue there is no session.
    if (pass.place === null) return
    const session = { index: pass.place, beganMs: pass.began }
    const lasting = { sessionMs: pass.exp * 1_000 - pass.began, idleMs: pass.idle }
    const touch = async () => {
      // Who pays does not wait for the event worker.
      const { settings } = this.#rooms.lastKnown(eventId) ?? (await this.#rooms.get(eventId, context))
      return queue.touch(eventId, session, { ...settings, ...lasting })
    }
    // Without Redis passes go on by their signature.
    if (await touch().catch(() => true)) return
    throw new TicketingError('pass_expired', 'Your session has ended; join the queue.', {
      extra: { join_url: `/events/${eventId}/queue` },
    })
  }

  async #joinQueue(
    eventId: string,
    userId: string,
    context: MessageContext,
  ): Promise<Extract<Joined, { kind: 'place' }> & { readonly open: KnownRoom }> {
    const { queue, placeIds } = this.#parts
    const caller = placeIds.callerOf(userId)
    let open = await this.#rooms.getOpen(eventId, context)
    const joinsFrom = open.room.draw?.joins_from ?? null
    if (joinsFrom !== null && Date.parse(joinsFrom) > Date.now()) {
      throw new TicketingError('queue_not_enabled', `The queue opens at ${joinsFrom}; join then.`)
    }
    const join = () => this.#ask(eventId, open, () => queue.join(eventId, caller, open.settings))
    let joined = await join()
    if (joined.kind === 'no block') {
      // All who come meanwhile wait for the same block: one for each of them would leave a gap of that many blocks.
      await once(this.#reserving, eventId, () => this.#addBlock(eventId, context))
      open = await this.#rooms.getOpen(eventId, context)
      joined = await join()
    }
    if (joined.kind === 'place') return { ...joined, open }
    if (joined.kind === 'full') throw new TicketingError('queue_full', 'The queue is full; try again later.')
    throw new TicketingError('unavailable', 'The queue is being set up; try again shortly.')
  }

  async #addBlock(eventId: string, context: MessageContext): Promise<void> {
    const { queue, bus } = this.#parts
    const block = await call(bus, reservePlaces, { event_id: eventId, count: blockSize }, inNobodysName(context))
    // No draw is announced any more once a block is reserved; what was known before may not have heard of one.
    const open = await this.#rooms.getAnew(eventId, context)
    await this.#ask(eventId, open, () => queue.addBlock(eventId, block, open.settings))
  }

  async #look(
    placeId: string,
    context: MessageContext,
  ): Promise<{ open: KnownRoom; name: PlaceName; place: Place; takesPart: boolean }> {
    const { eventId, index } = this.#nameOf(placeId, context)
    const open = await this.#rooms.getOpen(eventId, context)
    const { queue, placeIds } = this.#parts
    const userId = context.caller.id
    const caller = placeIds.callerOf(userId)
    const place = await this.#ask(eventId, open, () => queue.look(eventId, caller, index, open.settings))
    if (place.state === 'expired') throw placeExpired()
    const name = { eventId, index: place.index }
    return { open, name, place, takesPart: await this.#enterRoll(name, userId, open) }
  }

  /**
   * Before the draw every sign of a place enters it into the roll, also again: Redis may have lost it. Answers whether the roll has it;
   * false after the draw, when the event worker knows.
   */
  async #enterRoll(name: PlaceName, userId: string, open: KnownRoom): Promise<boolean> {
    if (!isBeforeDraw(open)) return false
    const { queue, placeIds } = this.#parts
    const entry = { index: name.index, leaf: leafOf(placeIds.make(name, userId)) }
    return this.#ask(name.eventId, open, () => queue.enterRoll(name.eventId, entry, open.settings))
  }

  async #show(name: PlaceName, place: Place, userId: string, open: KnownRoom): Promise<QueuePlace> {
    const serving = await this.#servingOf(name.eventId, open)
    const id = this.#parts.placeIds.make(name, userId)
    const perSecond = this.#paces.get(name.eventId)?.perSecond(serving.nowMs)
    return showPlace({ id, event_id: name.eventId, index: name.index }, place, { open, serving, perSecond })
  }

  async #servingOf(eventId: string, open: KnownRoom): Promise<Serving> {
    const known = this.#serving.get(eventId)
    if (known !== undefined && performance.now() - known.at < freshMs) return known.serving
    const { draws } = this.#parts
    const asked = this.#askServing(eventId, open)
    this.#serving.set(eventId, { at: performance.now(), serving: asked })
    const pace = this.#paces.get(eventId) ?? new Pace()
    this.#paces.set(eventId, pace)
    asked.then(
      ({ serving, nowMs, rolled }) => {
        pace.note(serving, nowMs)
        if (rolled !== null && open.room.draw?.root === null) draws.handOver(eventId, rolled)
      },
      () => this.#serving.delete(eventId),
    )
    return asked
  }

  async #askServing(eventId: string, open: KnownRoom): Promise<Serving> {
    const { queue, load, metrics, instance: gateway } = this.#parts
    const { settings } = open
    const control = await this.#ask(eventId, open, () =>
      queue.control(eventId, { gateway, ...load.report() }, settings),
    )
    const serving = await this.#ask(eventId, open, () => queue.serving(eventId, settings))
    const { draw } = open.room
    const isDrawDue = isBeforeDraw(open) && serving.nowMs >= Date.parse(draw?.opens_at ?? '')
    metrics.saw(eventId, { settings, serving, control, isDrawDue })
    return serving
  }

  /**
   * Asks Redis; the queue is nowhere else. Brings it the numbers of the draw where it does not have them. Throws `unavailable` after a
   * second of failures.
   */
  async #ask<Reply>(eventId: string, open: KnownRoom, step: () => Promise<Reply>, tried = 1): Promise<Reply> {
    try {
      return await step()
    } catch (error) {
      if (tried === tries) throw unreachable(error)
      const { draw } = open.room
      if (draw !== null && lacksNumbers(error)) await this.#parts.draws.adopt(eventId, draw, open.settings)
      else await pause(retryPauseMs)
      return this.#ask(eventId, open, step, tried + 1)
    }
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
    [viewReceipt.operation]: async ({ place_id }: { place_id: string }, context) => open().receipt(place_id, context),
    [listAdmissions.operation]: async (request: ParsedRequestOf<typeof listAdmissions>, context) =>
      open().admissions(request, context),
    [viewServing.operation]: async ({ event_id }: { event_id: string }, context) => open().serving(event_id, context),
  }
}

/** A step that Redis does not answer is tried again: every step may be repeated. */
const tries = 5
const retryPauseMs = 100

function unreachable(cause: unknown): TicketingError {
  return new TicketingError('unavailable', 'The queue cannot be reached now; your place is kept. Try again shortly.', {
    cause,
  })
}

function placeExpired(): TicketingError {
  return new TicketingError('place_expired', 'Your turn has passed; join at the end of the queue.')
}
