import type Logger from 'bunyan'
import type { DrawSummary } from '#shared/contracts/draw.ts'
import { pagesAtOnce, storeRoll, viewDrawRanks } from '#shared/contracts/draw.ts'
import { drawPageSize, leafBytes, packRanks } from '#shared/draw.ts'
import { newId } from '#shared/ids.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { call } from '#shared/messaging/call.ts'
import { anonymous } from '#shared/messaging/caller.ts'
import type { MessageContext } from '#shared/messaging/headers.ts'
import { once } from './once.ts'
import type { Queue } from './queue.ts'
import type { RoomSettings } from './scripts.ts'

interface Parts {
  readonly queue: Queue
  readonly bus: Bus
  readonly log: Logger
}

const placesAtOnce = pagesAtOnce * drawPageSize

/**
 * Moves the data of a draw between Redis and the event worker: the roll one way, the numbers the other. Several gateways can do this at
 * once: all of them move the same data.
 */
export class Draws {
  readonly #parts: Parts
  /** In progress, by event. */
  readonly #handingOver = new Map<string, Promise<void>>()
  readonly #adopting = new Map<string, Promise<void>>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Sends the roll of a closed pre-queue to the event worker. A failure is logged; the next read of the room tries again. */
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
      // Places that Redis has lost are holes.
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

  /** Writes the numbers of a draw to Redis when it does not have them yet, or has lost them. */
  adopt(eventId: string, draw: DrawSummary, settings: RoomSettings): Promise<void> {
    return once(this.#adopting, eventId, () => this.#adopt(eventId, draw, settings))
  }

  async #adopt(eventId: string, { count, entrants }: DrawSummary, settings: RoomSettings): Promise<void> {
    const { queue, bus } = this.#parts
    if (count === null || entrants === null) throw new Error(`event ${eventId} has numbers without a roll`)
    const pages = Math.ceil(count / drawPageSize)
    // In parts of 64 KB, so that Redis can serve others in between.
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

/** The deadline of each message is that of its contract. */
function inBackground(): MessageContext {
  return { requestId: `draw-${newId()}`, caller: anonymous, deadlineAt: performance.now() + storeRoll.deadlineMs }
}
