import { LRUCache } from 'lru-cache'
import { TicketingError } from '#shared/errors.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { isCommandRefused } from '#shared/redis.ts'
import { retry } from '#shared/retry.ts'
import type { Draws } from './draws.ts'
import type { BookingLoad } from './load.ts'
import type { RoomMetrics } from './metrics.ts'
import type { Queue, Serving } from './queue.ts'
import { QueueSpeed } from './queue-speed.ts'
import { freshMs, isBeforeDraw, type KnownRoom, maxRooms, Rooms } from './rooms.ts'
import { lacksNumbers } from './scripts.ts'

interface Parts {
  readonly bus: Bus
  readonly queue: Queue
  readonly draws: Draws
  /** The load as this gateway sees it. */
  readonly load: BookingLoad
  readonly metrics: RoomMetrics
  /** Name of this gateway. */
  readonly instance: string
}

/** Retries for a step that Redis does not answer: every step is idempotent. */
const patience = { tries: 5, pauseMs: 100 }

/** The current state of rooms: their settings from the event worker, and their queues from Redis. */
export class LiveRooms {
  readonly rooms: Rooms
  readonly #parts: Parts
  readonly #serving = new LRUCache<string, { at: number; serving: Promise<Serving> }>({ max: maxRooms })
  readonly #speeds = new LRUCache<string, QueueSpeed>({ max: maxRooms })

  constructor(parts: Parts) {
    this.#parts = parts
    this.rooms = new Rooms(parts.bus)
  }

  /**
   * Sends a step to Redis; if Redis lacks the numbers of the draw, writes them first. Throws `unavailable` after a second of failures, or
   * when the event worker does not answer with the numbers. Any other error is a fault of the step itself.
   */
  async ask<Reply>(eventId: string, { room, settings }: KnownRoom, step: () => Promise<Reply>): Promise<Reply> {
    const { draw } = room
    // Retries cannot help a refused step.
    const catchRefusal = (refusal: unknown): { refusal: unknown } => {
      if (!isCommandRefused(refusal)) throw refusal
      return { refusal }
    }
    try {
      const answered = await retry(() => step().then((reply) => ({ reply }), catchRefusal), patience)
      if ('reply' in answered) return answered.reply
      if (draw === null || !lacksNumbers(answered.refusal)) throw answered.refusal
      await this.#parts.draws.adopt(eventId, draw, settings)
      return await step()
    } catch (cause) {
      if (isCommandRefused(cause) && !lacksNumbers(cause)) {
        throw new Error('Redis refused a step of the waiting room', { cause })
      }
      throw new TicketingError('unavailable', 'The queue cannot be reached now; try again shortly.', { cause })
    }
  }

  /** The state of a queue, at most a second old. */
  serving(eventId: string, known: KnownRoom): Promise<Serving> {
    const last = this.#serving.get(eventId)
    if (last !== undefined && performance.now() - last.at < freshMs) return last.serving
    const serving = this.#askServing(eventId, known)
    this.#serving.set(eventId, { at: performance.now(), serving })
    const speed = this.#speeds.get(eventId) ?? new QueueSpeed()
    this.#speeds.set(eventId, speed)
    serving.then(
      (present) => {
        speed.note(present.serving, present.nowMs)
        void this.#handOver(eventId, known, present)
      },
      () => this.#serving.delete(eventId),
    )
    return serving
  }

  /** How many numbers a second the queue moves; undefined if that is not known yet. */
  perSecond(eventId: string, nowMs: number): number | undefined {
    return this.#speeds.get(eventId)?.perSecond(nowMs)
  }

  /**
   * Sends the roll of a closed pre-queue to the event worker. Must happen before the first place is given out, so that the event worker
   * receives an empty roll as empty: afterwards it cannot tell it from a roll that Redis has lost.
   */
  async handOverRoll(eventId: string, known: KnownRoom): Promise<void> {
    if (known.room.draw?.root !== null) return
    const present = await this.#askServing(eventId, known)
    const handedOver = this.#handOver(eventId, known, present)
    // A long roll need not be waited for: it cannot be mistaken for a lost one.
    if (present.rolled === 0) await handedOver
  }

  async #handOver(eventId: string, { room }: KnownRoom, { rolled }: Serving): Promise<void> {
    if (rolled !== null && room.draw?.root === null) await this.#parts.draws.handOver(eventId, rolled)
  }

  async #askServing(eventId: string, known: KnownRoom): Promise<Serving> {
    const { queue, load, metrics, instance: gateway } = this.#parts
    const { settings, room } = known
    const report = { gateway, ...load.report() }
    const control = await this.ask(eventId, known, () => queue.control(eventId, report, settings))
    const serving = await this.ask(eventId, known, () => queue.serving(eventId, settings))
    const isDrawDue = isBeforeDraw(known) && serving.nowMs >= Date.parse(room.draw?.opens_at ?? '')
    metrics.saw(eventId, { settings, serving, control, isDrawDue })
    return serving
  }
}
