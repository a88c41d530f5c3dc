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
import { followPlace } from './place.ts'
import { Stream } from './stream.ts'

/** Events whose seats are in memory at once. A large event takes some megabytes. */
const maxEvents = 256
/** How long an event stays in memory without readers, for clients that reconnect. */
const keepIdleMs = 30_000
/** How long a stream lasts; random, so that clients do not all reconnect at once. */
const lifetimeMs = { from: 600_000, to: 1_200_000 }
const tickMs = 1_000
/** How long a new stream waits until facts are followed. */
const followWithinMs = 3_000
const lookAgainMs = 50
const batchMs = 100
/** Events whose seats are loaded at once after an interruption. */
const loadsAtOnce = 8

/** The request of a client. */
export interface StreamWish {
  readonly eventId: string
  readonly section: string | null
  /** The position from which the client wants to continue, unchecked. */
  readonly from: string | null
  /** The client against whose limit the stream counts. */
  readonly caller: string
  /** `ownerDigest`; null for a caller without credentials. */
  readonly owner: string | null
  /** Reads the caller's own place in the queue; null: do not send its moves. */
  readonly askPlace: (() => Promise<QueuePlace>) | null
}

/** A connection on which the response head is sent. */
export interface OpenConnection {
  readonly res: ServerResponse
  readonly socket: Socket
}

export interface HubParts {
  readonly source: SeatSource
  /** How far facts have been received; null while they are not followed. */
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
  /** Open streams, and requests that wait to become one. */
  users: number
  /** `performance.now()` when the last one ended. */
  idleSince: number
}

/** The streams of one gateway: one feed for each event with readers. */
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

  /** Receives every fact, in the order of the stream. Never throws. */
  receive({ entity, eventId, sequence, payload }: FollowedFact): void {
    const feed = this.#feeds.get(eventId)?.feed
    if (feed === undefined || entity === 'payment' || entity === 'waiting-list') return
    // The organiser changed the event: its layout may be new, or it may be cancelled.
    if (entity === 'event') return void feed.reload()
    try {
      const places = JSON.parse(Buffer.from(payload).toString('utf8')) as PlacesPayload
      feed.receive(sequence, places)
      if (entity === 'hold') feed.receiveHold(places as HoldPayload)
    } catch (error) {
      this.#parts.log.error({ err: error, event_id: eventId }, 'a fact could not be read')
      feed.reload()
    }
  }

  /** Following the facts has begun again: some facts may have been missed. */
  restart(): void {
    for (const [eventId, known] of this.#feeds) {
      if (known.users === 0) this.#forget(eventId, known)
      // Unloads all at once, although they are loaded one after the other: a position sent now would promise too much.
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
   * Opens a stream. When nothing can refuse it any more, `begin` sends the head and returns the connection; null: nothing can follow.
   * Throws `rate_limited`, `stream_full`, `validation_failed` for an unknown section, `unavailable`, and errors of the worker.
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
      if (askPlace !== null) void followPlace(askPlace, (message) => stream.write(message, first.length), end.signal)
    } catch (error) {
      leave()
      throw error
    }
  }

  /** Ends all streams with `bye`; the clients reconnect to another gateway, spread over some seconds. Refuses new streams. */
  async stop(): Promise<void> {
    this.#isStopped = true
    clearInterval(this.#ticking)
    await Promise.all([...this.#feeds.values()].map(({ feed }) => feed.close('stopping')))
  }

  /** Waits until facts are followed: not yet just after a start or a short loss of NATS. Browsers do not repeat a refused stream. */
  async #untilFollowing(): Promise<void> {
    const deadlineAt = performance.now() + followWithinMs
    while (this.#parts.position() === null && performance.now() < deadlineAt) await pause(lookAgainMs)
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

  /** Returns whether there was one. */
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
