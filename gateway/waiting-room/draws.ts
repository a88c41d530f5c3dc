import type Logger from 'bunyan'
import type { DrawSummary } from '#shared/contracts/draw.ts'
import { pagesAtOnce, storeRoll, viewDrawRanks } from '#shared/contracts/draw.ts'
import { drawPageSize, leafBytes, packRanks } from '#shared/draw.ts'
import { newId } from '#shared/ids.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { call } from '#shared/messaging/call.ts'
import { anonymous } from '#shared/messaging/caller.ts'
import type { MessageContext } from '#shared/messaging/headers.ts'
import type { Queue } from './queue.ts'
import type { RoomSettings } from './scripts.ts'

interface Parts {
  readonly queue: Queue
  readonly bus: Bus
  readonly log: Logger
}

const placesAtOnce = pagesAtOnce * drawPageSize

/**
 * Carries what a draw needs between Redis and the event worker: the roll one way, the numbers the other. Every gateway may do so, also at
 * the same time as others: all carry the same.
 */
export class Draws {
  readonly #parts: Parts
  /** Under way, by event. */
  readonly #handingOver = new Map<string, Promise<void>>()
  readonly #adopting = new Map<string, Promise<void>>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Hands over the roll of a pre-queue that has closed. A failure is logged: the next look at the room tries again. */
  async handOver(eventId: string, count: number): Promise<void> {
    await once(this.#handingOver, eventId, () => this.#handOver(eventId, count)).catch((error: unknown) => {
      this.#parts.log.warn({ err: error, event_id: eventId }, 'the roll of a draw was not handed over')
    })
  }

  async #handOver(eventId: string, count: number): Promise<void> {
    const { queue, bus } = this.#parts
    const places = { first: 0, count }
    do {
      const length = Math.max(0, Math.min(placesAtOnce, places.count - places.first))
      // What Redis has lost are holes.
      const leaves = Buffer.alloc(length * leafBytes)
      const stored = await queue.readRoll(eventId, { first: places.first, length })
      stored.copy(leaves)
      const request = { first_page: places.first / drawPageSize, leaves: leaves.toString('base64') }
      const reply = await call(bus, storeRoll, { event_id: eventId, count: places.count, ...request }, inBackground())
      if (reply.root !== null) return
      // Another gateway was first, with another count.
      places.first = reply.count === places.count ? places.first + length : 0
      places.count = reply.count
    } while (places.first < places.count)
  }

  /** Writes the numbers of a draw to Redis, which does not have them yet, or has lost them. */
  adopt(eventId: string, draw: DrawSummary, settings: RoomSettings): Promise<void> {
    return once(this.#adopting, eventId, () => this.#adopt(eventId, draw, settings))
  }

  async #adopt(eventId: string, { count, entrants }: DrawSummary, settings: RoomSettings): Promise<void> {
    const { queue, bus } = this.#parts
    if (count === null || entrants === null) throw new Error(`event ${eventId} has numbers without a roll`)
    const pages = Math.ceil(count / drawPageSize)
    // 64 KB at a time: Redis answers others in between.
    for (let first = 0; first < pages; first += pagesAtOnce) {
      const length = Math.min(pagesAtOnce, pages - first)
      const replies = await Promise.all(
        Array.from({ length }, (_, at) =>
          call(bus, viewDrawRanks, { event_id: eventId, page: first + at }, inBackground()),
        ),
      )
      const numbers = replies.flatMap((reply) => reply.numbers)
      await queue.writeRanks(eventId, first * drawPageSize, packRanks(numbers))
    }
    await queue.adoptDraw(eventId, { count, entrants }, settings)
  }
}

/** Runs `work` unless it is under way for this event; then answers with that. */
export function once(underWay: Map<string, Promise<void>>, eventId: string, work: () => Promise<void>): Promise<void> {
  const known = underWay.get(eventId)
  if (known !== undefined) return known
  const running = work().finally(() => underWay.delete(eventId))
  underWay.set(eventId, running)
  return running
}

/** Each message has the time of its contract. */
function inBackground(): MessageContext {
  return { requestId: `draw-${newId()}`, caller: anonymous, deadlineAt: performance.now() + storeRoll.deadlineMs }
}
