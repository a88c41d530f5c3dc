import { LRUCache } from 'lru-cache'
import { viewWaitingRoom, type WaitingRoom } from '#shared/contracts/waiting-room.ts'
import { TicketingError } from '#shared/errors.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { call } from '#shared/messaging/call.ts'
import { anonymous } from '#shared/messaging/caller.ts'
import type { MessageContext } from '#shared/messaging/headers.ts'
import type { RoomSettings } from './scripts.ts'

/** Largest age of a room's settings, and of the state of its queue. */
export const freshMs = 1_000
/** A room that is off may have just opened: its settings are read more often. */
const offFreshMs = 200
/** Rooms in the cache. */
export const maxRooms = 1_000

/** A waiting room, and the settings for its scripts. */
export interface KnownRoom {
  readonly room: WaitingRoom
  readonly settings: RoomSettings
}

/** The rooms of all events, read from the event worker at most once a second, because they rarely change. */
export class Rooms {
  readonly #bus: Bus
  readonly #rooms = new LRUCache<string, { at: number; room: Promise<KnownRoom> }>({ max: maxRooms })
  readonly #last = new LRUCache<string, KnownRoom>({ max: maxRooms })

  constructor(bus: Bus) {
    this.#bus = bus
  }

  /** The room of an event, at most `maxAgeMs` old, even if it is off. Concurrent readers share one call. Throws `event_not_found`. */
  get(eventId: string, context: MessageContext, maxAgeMs = freshMs): Promise<KnownRoom> {
    const known = this.#rooms.get(eventId)
    if (known !== undefined && performance.now() - known.at < maxAgeMs) return known.room
    const room = this.#ask(eventId, context).catch((error: unknown) => {
      // While the event worker does not answer, the known settings stay valid.
      if (known !== undefined && error instanceof TicketingError && error.isFault) return known.room
      this.#rooms.delete(eventId)
      throw error
    })
    this.#rooms.set(eventId, { at: performance.now(), room })
    return room
  }

  /** As `get`, always read again. */
  async getAnew(eventId: string, context: MessageContext): Promise<KnownRoom> {
    this.#rooms.delete(eventId)
    return this.get(eventId, context)
  }

  /** As `get`. Throws `queue_not_enabled` for a room that is off. */
  async getEnabled(eventId: string, context: MessageContext): Promise<KnownRoom> {
    const known = await this.get(eventId, context)
    if (known.room.state !== 'off') return known
    const present = await this.get(eventId, context, offFreshMs)
    if (present.room.state === 'off') {
      throw new TicketingError('queue_not_enabled', 'This event has no waiting room now.')
    }
    return present
  }

  /** The last known room, whatever its age: for callers who cannot wait for the event worker. */
  lastKnown(eventId: string): KnownRoom | undefined {
    return this.#last.get(eventId)
  }

  async #ask(eventId: string, context: MessageContext): Promise<KnownRoom> {
    const room = await call(this.#bus, viewWaitingRoom, { event_id: eventId }, withoutCaller(context))
    const known = { room, settings: settingsOf(room) }
    this.#last.set(eventId, known)
    return known
  }
}

/** The context of a call by the gateway itself, without the caller of the request. */
export function withoutCaller({ requestId, deadlineAt }: MessageContext): MessageContext {
  return { requestId, caller: anonymous, deadlineAt }
}

/** Whether the room's draw is still to come, so that nobody has a number yet. */
export function isBeforeDraw({ room }: KnownRoom): boolean {
  return room.draw !== null && !room.draw.is_drawn
}

function settingsOf(room: WaitingRoom): RoomSettings {
  const { draw } = room
  return {
    state: room.state === 'open' ? 'open' : 'paused',
    callsPerMinute: room.calls_per_minute,
    adaptive: room.adaptive,
    maxActive: room.max_active,
    claimMs: room.claim_s * 1_000,
    sessionMs: room.session_s * 1_000,
    idleMs: room.idle_s * 1_000,
    opensAtMs: room.opens_at == null ? undefined : Date.parse(room.opens_at),
    closesAtMs: draw === null || draw.is_drawn ? undefined : Date.parse(draw.closes_at),
    drawn: draw?.is_drawn ? (draw.count ?? undefined) : undefined,
  }
}
