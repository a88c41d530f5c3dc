import type { ParsedRequestOf, ReplyOf } from '#shared/contracts/contract.ts'
import { type listAdmissions, signReceipt, type viewReceipt } from '#shared/contracts/draw.ts'
import { type QueuePlace, reservePlaces, type viewServing } from '#shared/contracts/waiting-room.ts'
import { leafOf } from '#shared/draw.ts'
import { TicketingError } from '#shared/errors.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { call } from '#shared/messaging/call.ts'
import type { MessageContext } from '#shared/messaging/headers.ts'
import { once } from './draws.ts'
import type { LiveRooms } from './live-rooms.ts'
import type { RoomMetrics } from './metrics.ts'
import type { PlaceIds, PlaceName } from './place-id.ts'
import type { Joined, Place, Queue } from './queue.ts'
import { inNobodysName, isBeforeDraw, type KnownRoom } from './rooms.ts'
import { placeExpired, showPlace } from './show-place.ts'

interface Parts {
  readonly live: LiveRooms
  readonly queue: Queue
  readonly placeIds: PlaceIds
  readonly bus: Bus
  readonly metrics: RoomMetrics
}

/** Places that a gateway reserves at a time. */
const blockSize = 10_000

/** The queues of all events: places, and what everybody may know. Without Redis all of it answers `unavailable`. */
export class WaitingRooms {
  readonly #parts: Parts
  /** Under way, by event. */
  readonly #reserving = new Map<string, Promise<void>>()

  constructor(parts: Parts) {
    this.#parts = parts
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
    const { bus, placeIds } = this.#parts
    const leaf = leafOf(placeIds.make(name, context.caller.id)).toString('hex')
    const request = { event_id: name.eventId, index: name.index, leaf, takes_part: takesPart }
    return call(bus, signReceipt, request, inNobodysName(context))
  }

  async leave(placeId: string, context: MessageContext): Promise<Record<string, never>> {
    const { live, queue, placeIds } = this.#parts
    const { eventId, index } = placeIds.mustBeOf(placeId, context.caller.id)
    const known = await live.rooms.get(eventId, context)
    await live.ask(eventId, known, () => queue.leave(eventId, index, known.settings))
    return {}
  }

  /** Whether a place id was made for a user and an event. */
  isPlaceOf(placeId: string, { userId, eventId }: { readonly userId: string; readonly eventId: string }): boolean {
    return this.#parts.placeIds.check(placeId, userId)?.eventId === eventId
  }

  /** What everybody may know, at most a second old. */
  async serving(eventId: string, context: MessageContext): Promise<ReplyOf<typeof viewServing>> {
    const { live } = this.#parts
    const open = await live.rooms.getOpen(eventId, context)
    const { serving, issued, gaps, nowMs, callsPerMinute } = await live.serving(eventId, open)
    const { state, opens_at, bypassed, draw } = open.room
    return {
      ...{ event_id: eventId, state, opens_at, serving, issued },
      gaps: isBeforeDraw(open) ? [] : gaps.map(([first, last]) => [first, last]),
      ...{ calls_per_minute: callsPerMinute, bypassed, draw },
      as_of: new Date(nowMs).toISOString(),
    }
  }

  /** The journal, oldest first. Throws `event_not_found`. */
  async admissions(
    { event_id, limit, cursor }: ParsedRequestOf<typeof listAdmissions>,
    context: MessageContext,
  ): Promise<ReplyOf<typeof listAdmissions>> {
    const { live, queue } = this.#parts
    const known = await live.rooms.get(event_id, context)
    const read = () => queue.admissions(event_id, { after: cursor, limit })
    const { admissions, next } = await live.ask(event_id, known, read)
    return {
      items: admissions.map(({ number, atMs, serving }) => ({
        number,
        admitted_at: new Date(atMs).toISOString(),
        serving,
      })),
      next_cursor: next,
    }
  }

  async #joinQueue(
    eventId: string,
    userId: string,
    context: MessageContext,
  ): Promise<Extract<Joined, { kind: 'place' }> & { readonly open: KnownRoom }> {
    const { live, queue, placeIds } = this.#parts
    const caller = placeIds.callerOf(userId)
    let open = await live.rooms.getOpen(eventId, context)
    const joinsFrom = open.room.draw?.joins_from ?? null
    if (joinsFrom !== null && Date.parse(joinsFrom) > Date.now()) {
      throw new TicketingError('queue_not_enabled', `The queue opens at ${joinsFrom}; join then.`)
    }
    const join = () => live.ask(eventId, open, () => queue.join(eventId, caller, open.settings))
    let joined = await join()
    if (joined.kind === 'no block') {
      // All who come meanwhile wait for the same block: one for each of them would leave a gap of that many blocks.
      await once(this.#reserving, eventId, () => this.#addBlock(eventId, open, context))
      open = await live.rooms.getOpen(eventId, context)
      joined = await join()
    }
    if (joined.kind === 'place') return { ...joined, open }
    if (joined.kind === 'full') throw new TicketingError('queue_full', 'The queue is full; try again later.')
    throw new TicketingError('unavailable', 'The queue is being set up; try again shortly.')
  }

  async #addBlock(eventId: string, before: KnownRoom, context: MessageContext): Promise<void> {
    const { live, queue, bus } = this.#parts
    await live.handOverRoll(eventId, before)
    const block = await call(bus, reservePlaces, { event_id: eventId, count: blockSize }, inNobodysName(context))
    // No draw is announced any more once a block is reserved; what was known before may not have heard of one.
    const open = await live.rooms.getAnew(eventId, context)
    await live.ask(eventId, open, () => queue.addBlock(eventId, block, open.settings))
  }

  async #look(
    placeId: string,
    context: MessageContext,
  ): Promise<{ open: KnownRoom; name: PlaceName; place: Place; takesPart: boolean }> {
    const { live, queue, placeIds } = this.#parts
    const userId = context.caller.id
    const { eventId, index } = placeIds.mustBeOf(placeId, userId)
    const open = await live.rooms.getOpen(eventId, context)
    const caller = placeIds.callerOf(userId)
    const place = await live.ask(eventId, open, () => queue.look(eventId, caller, index, open.settings))
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
    const { live, queue, placeIds } = this.#parts
    const entry = { index: name.index, leaf: leafOf(placeIds.make(name, userId)) }
    return live.ask(name.eventId, open, () => queue.enterRoll(name.eventId, entry, open.settings))
  }

  async #show(name: PlaceName, place: Place, userId: string, open: KnownRoom): Promise<QueuePlace> {
    const { live, placeIds } = this.#parts
    const serving = await live.serving(name.eventId, open)
    const id = placeIds.make(name, userId)
    const perSecond = live.perSecond(name.eventId, serving.nowMs)
    return showPlace({ id, event_id: name.eventId, index: name.index }, place, { open, serving, perSecond })
  }
}
