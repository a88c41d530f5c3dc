import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type Logger from 'bunyan'
import type { QueuePlace } from '#shared/contracts/waiting-room.ts'
import { invalidRequest, TicketingError } from '#shared/errors.ts'
import type { FollowedFact } from '#shared/facts/follow.ts'
import type { HoldPayload, PlacesPayload } from '#shared/facts/places.ts'
import type { FactPosition } from '#shared/facts/stream.ts'
import { SeatFeed, type SeatSource } from './feed.ts'
import { greeting } from './framing.ts'
import { StreamLimits, type StreamMaxima } from './limits.ts'
import type { StreamMetrics } from './metrics.ts'
import { tellPlace } from './place.ts'
import { Stream } from './stream.ts'

/** Events whose seats are in memory at once: some megabytes for a large house. */
const maxEvents = 256
/** An event without readers stays so long, for those who come back. */
const keepIdleMs = 30_000
/** How long a stream lasts; spread, so that clients do not all come back at once. */
const lifetimeMs = { from: 600_000, to: 1_200_000 }
const tickMs = 1_000
/** How long a new stream waits until facts are followed. */
const followWithinMs = 3_000
const lookAgainMs = 50
const batchMs = 100
/** Events whose seats are loaded at once after an interruption. */
const loadsAtOnce = 8

/** What a client asks for. */
export interface StreamWish {
  readonly eventId: string
  readonly section: string | null
  /** The position from which it wants to go on, as it came. */
  readonly from: string | null
  /** Whom the stream counts for. */
  readonly caller: string
  /** `ownerDigest`; null for a caller without credentials. */
  readonly owner: string | null
  /** Asks for the caller's own place in the queue; null: its moves are not to be told. */
  readonly askPlace: (() => Promise<QueuePlace>) | null
}

/** A connection whose head is sent. */
export interface OpenConnection {
  readonly res: ServerResponse
  readonly socket: Socket
}

export interface HubParts {
  readonly source: SeatSource
  /** Up to where facts have been heard; null while they are not followed. */
  position(): FactPosition | null
  readonly max: StreamMaxima
  readonly metrics: StreamMetrics
  readonly log: Logger
  /** For tests. */
  readonly batchMs?: number
  readonly lifetimeMs?: { readonly from: number; readonly to: number }
}

interface KnownFeed {
  readonly feed: SeatFeed
  /** Streams, and those who wait to become one. */
  users: number
  /** `performance.now()` since when there are none. */
  idleSince: number
}

/** The streams of one gateway: a feed for each event that has any. */
export class StreamHub {
  readonly #parts: HubParts
  readonly #limits: StreamLimits
  readonly #feeds = new Map<string, KnownFeed>()
  readonly #ticking: NodeJS.Timeout
  #isStopped = false

  constructor(parts: HubParts) {
    this.#parts = parts
    this.#limits = new StreamLimits(parts)
    this.#ticking = setInterval(() => this.#tick(performance.now()), tickMs).unref()
  }

  /** Gets every fact, in the order of the stream. Never throws. */
  hear({ entity, eventId, sequence, payload }: FollowedFact): void {
    const feed = this.#feeds.get(eventId)?.feed
    if (feed === undefined || entity === 'payment' || entity === 'waiting-list') return
    // The organiser changed it: it may have become another house, or be cancelled.
    if (entity === 'event') return void feed.reload()
    try {
      const places = JSON.parse(Buffer.from(payload).toString('utf8')) as PlacesPayload
      feed.hear(sequence, places)
      if (entity === 'hold') feed.hearHold(places as HoldPayload)
    } catch (error) {
      this.#parts.log.error({ err: error, event_id: eventId }, 'a fact could not be read')
      feed.reload()
    }
  }

  /** Following the facts began again: some may have been missed. */
  restart(): void {
    for (const [eventId, known] of this.#feeds) {
      if (known.users === 0) this.#forget(eventId, known)
      // All at once, although they are loaded one after the other: a position told now would promise too much.
      else known.feed.unload()
    }
    const feeds = [...this.#feeds.values()].map(({ feed }) => feed)
    const loadSome = async (): Promise<void> => {
      for (let feed = feeds.pop(); feed !== undefined; feed = feeds.pop()) {
        feed.reload()
        await feed.ready().catch(() => undefined)
      }
    }
    for (let count = 0; count < loadsAtOnce; count += 1) void loadSome()
  }

  /**
   * Opens a stream. Once nothing can refuse it, `begin` sends the head and answers the connection; null: the client has gone. Throws
   * `rate_limited`, `stream_full`, `validation_failed` for an unknown section, `unavailable`, and what the worker refuses.
   */
  async open(wish: StreamWish, begin: () => OpenConnection | null): Promise<void> {
    const { eventId, section, from, caller, owner, askPlace } = wish
    this.#refuseWhenStopped()
    const releaseSlot = this.#limits.take(caller)
    let known: KnownFeed | undefined
    const leave = (): void => {
      releaseSlot()
      if (known === undefined) return
      known.users -= 1
      known.idleSince = performance.now()
    }
    try {
      known = this.#feedOf(eventId)
      known.users += 1
      const { feed } = known
      await this.#untilFollowing()
      await feed.ready()
      this.#refuseWhenStopped()
      if (section !== null && !feed.hasSection(section)) {
        throw invalidRequest([{ pointer: '/section', detail: 'is not a section of this event' }])
      }
      const first = Buffer.concat([greeting, feed.firstMessage({ from, section })])
      const connection = begin()
      if (connection === null) return leave()
      const { metrics } = this.#parts
      const end = new AbortController()
      const stream = new Stream({
        ...connection,
        section,
        owner,
        endsAt: performance.now() + this.#lifetime(),
        onEnd(ended, reason) {
          feed.remove(ended)
          leave()
          end.abort()
          metrics.ended(reason)
        },
      })
      metrics.opened()
      feed.add(stream)
      stream.write(first, first.length)
      if (askPlace !== null) void tellPlace(askPlace, (message) => stream.write(message, first.length), end.signal)
    } catch (error) {
      leave()
      throw error
    }
  }

  /** Says bye to all clients; they come back to another gateway, spread over some seconds. New ones are refused. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearInterval(this.#ticking)
    await Promise.all([...this.#feeds.values()].map(({ feed }) => feed.close('stopping')))
  }

  /** A gateway that has just started, or lost NATS for a moment, is not yet following. Browsers do not repeat what was refused. */
  async #untilFollowing(): Promise<void> {
    const giveUpAt = performance.now() + followWithinMs
    while (this.#parts.position() === null && performance.now() < giveUpAt) await pause(lookAgainMs)
  }

  #refuseWhenStopped(): void {
    if (this.#isStopped) throw new TicketingError('unavailable', 'This gateway is stopping; connect again.')
  }

  #feedOf(eventId: string): KnownFeed {
    const known = this.#feeds.get(eventId)
    if (known !== undefined) return known
    if (this.#feeds.size >= maxEvents && !this.#forgetOneIdle()) throw this.#limits.full()
    const feed = new SeatFeed(eventId, { batchMs, ...this.#parts })
    const created = { feed, users: 0, idleSince: performance.now() }
    this.#feeds.set(eventId, created)
    return created
  }

  /** Answers whether there was one. */
  #forgetOneIdle(): boolean {
    const idle = [...this.#feeds].filter(([, { users }]) => users === 0)
    const [oldest] = idle.toSorted(([, one], [, other]) => one.idleSince - other.idleSince)
    if (oldest === undefined) return false
    this.#forget(...oldest)
    return true
  }

  #forget(eventId: string, { feed }: KnownFeed): void {
    this.#feeds.delete(eventId)
    void feed.close('renew')
  }

  #tick(now: number): void {
    for (const [eventId, known] of this.#feeds) {
      if (known.users === 0 && now - known.idleSince > keepIdleMs) this.#forget(eventId, known)
      else known.feed.tick(now)
    }
  }

  #lifetime(): number {
    const { from, to } = this.#parts.lifetimeMs ?? lifetimeMs
    return from + Math.random() * (to - from)
  }
}
