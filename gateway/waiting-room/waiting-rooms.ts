import type { ParsedRequestOf, ReplyOf } from '#shared/contracts/contract.ts'
import { type listAdmissions, signReceipt, type viewReceipt } from '#shared/contracts/draw.ts'
import { type QueuePlace, reservePlaces, type viewServing } from '#shared/contracts/waiting-room.ts'
import { leafOf } from '#shared/draw.ts'
import { TicketingError } from '#shared/errors.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { call } from '#shared/messaging/call.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import type { MessageContext } from '#shared/messaging/headers.ts'
import type { LiveRooms } from './live-rooms.ts'
import type { RoomMetrics } from './metrics.ts'
import { once } from './once.ts'
import type { PlaceIds, PlaceName } from './place-id.ts'
import type { Joined, Place, Queue } from './queue.ts'
import { isBeforeDraw, type KnownRoom, withoutCaller } from './rooms.ts'
import { placeExpired, showPlace } from './show-place.ts'

interface Parts {
  readonly live: LiveRooms
  readonly queue: Queue
  readonly placeIds: PlaceIds
  readonly bus: Bus
  readonly metrics: RoomMetrics
}

/** Indexes that a gateway reserves at a time. */
const blockSize = 10_000

/** The queues of all events: places and the public state. Without Redis every method throws `unavailable`. */
export class WaitingRooms {
  readonly #parts: Parts
  /** In progress, by event. */
  readonly #reserving = new Map<string, Promise<void>>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** The caller's place in a queue. Throws `queue_not_enabled`, `queue_full`, and `forbidden` for an organiser, who buys nothing. */
  async join(eventId: string, context: MessageContext): Promise<QueuePlace> {
    const userId = requireUser(context.caller)
    const { place, isNew, known } = await this.#joinQueue(eventId, userId, context)
    if (isNew) this.#parts.metrics.joined()
    const name = { eventId, index: place.index }
    await this.#enterRoll(name, userId, known)
    return this.#show(name, place, userId, known)
  }

  /** A place of the caller. Throws `not_found`, and `place_expired` for one that was passed over too long ago. */
  async view(placeId: string, context: MessageContext): Promise<QueuePlace> {
    const { userId, known, name, place } = await this.#look(placeId, context)
    return this.#show(name, place, userId, known)
  }

  /** The receipt for a place of the caller. Throws `not_found`, `place_expired`, and `draw_not_open` without a draw. */
  async receipt(placeId: string, context: MessageContext): Promise<ReplyOf<typeof viewReceipt>> {
    const { userId, name, takesPart } = await this.#look(placeId, context)
    const { bus, placeIds } = this.#parts
    const leaf = leafOf(placeIds.make(name, userId)).toString('hex')
    const request = { event_id: name.eventId, index: name.index, leaf, takes_part: takesPart }
    return call(bus, signReceipt, request, withoutCaller(context))
  }

  async leave(placeId: string, context: MessageContext): Promise<Record<string, never>> {
    const { live, queue, placeIds } = this.#parts
    const { eventId, index } = placeIds.mustBeOf(placeId, requireUser(context.caller))
    const known = await live.rooms.get(eventId, context)
    await live.ask(eventId, known, () => queue.leave(eventId, index, known.settings))
    return {}
  }

  /** Whether a place id was made for a user and an event. */
  isPlaceOf(placeId: string, { userId, eventId }: { readonly userId: string; readonly eventId: string }): boolean {
    return this.#parts.placeIds.check(placeId, userId)?.eventId === eventId
  }

  /** The public state of a queue, at most a second old. */
  async serving(eventId: string, context: MessageContext): Promise<ReplyOf<typeof viewServing>> {
    const { live } = this.#parts
    const known = await live.rooms.getEnabled(eventId, context)
    const { serving, issued, gaps, active, called, nowMs, callsPerMinute } = await live.serving(eventId, known)
    const { state, opens_at, bypassed, draw } = known.room
    return {
      ...{ event_id: eventId, state, opens_at, serving, issued },
      gaps: isBeforeDraw(known) ? [] : gaps.map(([first, last]) => [first, last]),
      ...{ calls_per_minute: callsPerMinute, active, called, bypassed, draw },
      as_of: new Date(nowMs).toISOString(),
    }
  }

  /** The journal of admissions, oldest first. Throws `event_not_found`. */
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
  ): Promise<Extract<Joined, { kind: 'place' }> & { readonly known: KnownRoom }> {
    const { live, queue, placeIds } = this.#parts
    const caller = placeIds.callerOf(userId)
    let known = await live.rooms.getEnabled(eventId, context)
    const joinsFrom = known.room.draw?.joins_from ?? null
    if (joinsFrom !== null && Date.parse(joinsFrom) > Date.now()) {
      throw new TicketingError('queue_not_enabled', `The queue opens at ${joinsFrom}; join then.`)
    }
    const join = () => live.ask(eventId, known, () => queue.join(eventId, caller, known.settings))
    let joined = await join()
    if (joined.kind === 'no block') {
      // All callers in the meantime wait for the same block: one block each would leave many gaps.
      await once(this.#reserving, eventId, () => this.#addBlock(eventId, known, context))
      known = await live.rooms.getEnabled(eventId, context)
      joined = await join()
    }
    if (joined.kind === 'place') return { ...joined, known }
    if (joined.kind === 'full') throw new TicketingError('queue_full', 'The queue is full; try again later.')
    throw new TicketingError('unavailable', 'The queue is being set up; try again shortly.')
  }

  async #addBlock(eventId: string, before: KnownRoom, context: MessageContext): Promise<void> {
    const { live, queue, bus } = this.#parts
    await live.handOverRoll(eventId, before)
    const block = await call(bus, reservePlaces, { event_id: eventId, count: blockSize }, withoutCaller(context))
    // Once a block is reserved, no draw can be announced any more. The cached settings may miss a draw announced before.
    const known = await live.rooms.getAnew(eventId, context)
    await live.ask(eventId, known, () => queue.addBlock(eventId, block, known.settings))
  }

  async #look(
    placeId: string,
    context: MessageContext,
  ): Promise<{ userId: string; known: KnownRoom; name: PlaceName; place: Place; takesPart: boolean }> {
    const { live, queue, placeIds } = this.#parts
    const userId = requireUser(context.caller)
    const { eventId, index } = placeIds.mustBeOf(placeId, userId)
    const known = await live.rooms.getEnabled(eventId, context)
    const caller = placeIds.callerOf(userId)
    const place = await live.ask(eventId, known, () => queue.look(eventId, caller, index, known.settings))
    if (place.state === 'expired') throw placeExpired()
    const name = { eventId, index: place.index }
    return { userId, known, name, place, takesPart: await this.#enterRoll(name, userId, known) }
  }

  /**
   * Before the draw, every read of a place enters it into the roll again, because Redis may have lost it. Returns whether the roll has the
   * place; false after the draw, when the event worker knows.
   */
  async #enterRoll(name: PlaceName, userId: string, known: KnownRoom): Promise<boolean> {
    if (!isBeforeDraw(known)) return false
    const { live, queue, placeIds } = this.#parts
    const entry = { index: name.index, leaf: leafOf(placeIds.make(name, userId)) }
    return live.ask(name.eventId, known, () => queue.enterRoll(name.eventId, entry, known.settings))
  }

  async #show(name: PlaceName, place: Place, userId: string, known: KnownRoom): Promise<QueuePlace> {
    const { live, placeIds } = this.#parts
    const serving = await live.serving(name.eventId, known)
    const id = placeIds.make(name, userId)
    const perSecond = live.perSecond(name.eventId, serving.nowMs)
    return showPlace({ id, event_id: name.eventId, index: name.index }, place, { known, serving, perSecond })
  }
}
