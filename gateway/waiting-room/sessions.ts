import { randomUUID } from 'node:crypto'
import type { ReplyOf, RequestOf } from '#shared/contracts/contract.ts'
import { type claimPass, countBypass, type issueBypass, viewWaitingRoom } from '#shared/contracts/waiting-room.ts'
import { TicketingError } from '#shared/errors.ts'
import { keyOf } from '#shared/ids.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { call } from '#shared/messaging/call.ts'
import { anonymous, requireUser } from '#shared/messaging/caller.ts'
import type { MessageContext } from '#shared/messaging/headers.ts'
import type { queuePasses } from '#shared/queue-pass.ts'
import type { LiveRooms } from './live-rooms.ts'
import type { RoomMetrics } from './metrics.ts'
import { type PlaceIds, placeOfPass } from './place-id.ts'
import type { Queue } from './queue.ts'
import { placeExpired, shortestPollMs } from './show-place.ts'

interface Parts {
  readonly live: LiveRooms
  readonly queue: Queue
  readonly placeIds: PlaceIds
  readonly passes: ReturnType<typeof queuePasses>
  readonly bus: Bus
  readonly metrics: RoomMetrics
}

/** Passes and their sessions. Without Redis no session begins, and existing passes stay valid by their signature. */
export class Sessions {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** A pass for a called place. Throws `not_found`, `place_expired` and `queue_not_enabled`. */
  async claim(placeId: string, context: MessageContext): Promise<ReplyOf<typeof claimPass>> {
    const { live, queue, placeIds, passes, metrics } = this.#parts
    const userId = requireUser(context.caller)
    const { eventId, index } = placeIds.mustBeOf(placeId, userId)
    const known = await live.rooms.getEnabled(eventId, context)
    const { room, settings } = known
    const admission = await live.ask(eventId, known, () => queue.admit(eventId, index, settings))
    // The next session may be milliseconds away, but one buyer gets it: if all polled that soon, it would be a storm.
    if (admission.kind === 'wait') {
      return { pass: null, expires_at: null, next_poll_ms: Math.max(shortestPollMs, admission.waitMs) }
    }
    if (admission.kind === 'no call') {
      if (admission.state === 'waiting' || admission.state === 'passed') {
        return { pass: null, expires_at: null, next_poll_ms: shortestPollMs }
      }
      throw placeExpired()
    }
    const { beganMs } = admission
    const exp = Math.floor(beganMs / 1_000) + room.session_s
    // One place always gives the same pass id, at every gateway: the booking worker counts by it.
    const idle = room.idle_s * 1_000
    const pass = { sub: userId, event: eventId, place: index, began: beganMs, idle, exp, jti: keyOf(placeId).ownId }
    metrics.admitted()
    return { pass: await passes.sign(pass), expires_at: new Date(exp * 1_000).toISOString(), next_poll_ms: 0 }
  }

  /** A bypass pass, counted by the event worker. Throws `queue_not_enabled` and `event_not_found`. */
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

  /**
   * Extends the session of the pass in this request. Throws `pass_expired` with `join_url` once it has ended. The booking worker makes
   * all other checks: it knows whether the event needs a pass.
   */
  async keep(eventId: string, context: MessageContext): Promise<void> {
    const { caller, queuePass } = context
    if (queuePass === undefined) return
    const { live, passes, queue } = this.#parts
    const pass = await passes.verify(queuePass).catch(() => null)
    if (pass === null || pass.event !== eventId || pass.sub !== caller.id) return
    // This read also reports the load of this gateway, even while nobody polls it.
    void live.rooms
      .get(eventId, context)
      .then((known) => (known.room.state === 'off' ? null : live.serving(eventId, known)))
      .catch(() => undefined)
    // A bypass pass has no session.
    if (pass.place === null) return
    const session = { index: pass.place, beganMs: pass.began }
    const lasting = { sessionMs: pass.exp * 1_000 - pass.began, idleMs: pass.idle }
    const touch = async () => {
      // Payments must not wait for the event worker.
      const { settings } = live.rooms.lastKnown(eventId) ?? (await live.rooms.get(eventId, context))
      return queue.touch(eventId, session, { ...settings, ...lasting })
    }
    // Without Redis a pass stays valid by its signature.
    if (await touch().catch(() => true)) return
    // While the room is off, the booking worker asks for no pass.
    const present = await live.rooms.get(eventId, context).catch(() => undefined)
    if (present?.room.state === 'off') return
    throw new TicketingError('pass_expired', 'Your session has ended; join the queue.', {
      extra: { join_url: `/events/${eventId}/queue` },
    })
  }

  /** Ends the session of a pass that has bought: its slot is free at once. Idempotent. */
  async finish(eventId: string, passId: string): Promise<void> {
    const index = placeOfPass(passId)
    if (index === null) return
    const { live, queue, metrics } = this.#parts
    const deadlineAt = performance.now() + viewWaitingRoom.deadlineMs
    const known = await live.rooms.get(eventId, { requestId: randomUUID(), caller: anonymous, deadlineAt })
    if (known.room.state === 'off') return
    await live.ask(eventId, known, () => queue.leave(eventId, index, known.settings))
    metrics.finished()
  }
}
