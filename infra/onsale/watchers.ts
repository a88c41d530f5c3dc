import { setTimeout as pause } from 'node:timers/promises'
import { codes, SeatMap } from '../bench/seat-map.ts'
import type { Tally } from './tally.ts'

interface WatchersOptions {
  readonly gateways: readonly string[]
  readonly eventId: string
  readonly seatCount: number
  readonly tally: Tally
  addressOf(number: number): string | undefined
}

const count = 16
/** Every one is cut about so often, and comes back at any gateway a moment later. */
const cutEveryMs = 4_000
const awayMs = 300
/** Holds that are older than this are not timed. */
const rememberedMs = 10_000

/**
 * Clients of the stream of seats from before the opening to the end, whose connections break again and again. One of them, which is left
 * alone, tells the panel how many seats are free, and how soon a hold arrives.
 */
export class Watchers {
  readonly maps: readonly SeatMap[]
  cuts = 0
  readonly #options: WatchersOptions
  readonly #steady: SeatMap
  readonly #answeredAt = new Map<number, number>()
  readonly #heardAt = new Map<number, number>()

  constructor(options: WatchersOptions) {
    this.#options = options
    const { gateways, eventId, seatCount, addressOf } = options
    this.maps = Array.from(
      { length: count },
      (_, number) =>
        new SeatMap({
          url: gateways[number % gateways.length] ?? '',
          eventId,
          seatCount,
          localAddress: addressOf(number),
          ...(number === 0 && { onChange: (seatNo, code) => this.#heard(seatNo, code) }),
        }),
    )
    this.#steady = this.maps[0] as SeatMap
  }

  count(code: number): number {
    return this.#steady.count(code)
  }

  isSoldOut(): boolean {
    const { seats } = this.#steady
    return seats.length > 0 && seats.every((code) => code === codes.sold || code === blocked)
  }

  /** A hold of these seats was answered now. */
  answered(seatNos: readonly number[]): void {
    const [seatNo] = seatNos
    if (seatNo === undefined) return
    const now = performance.now()
    const heardAt = this.#heardAt.get(seatNo)
    if (heardAt !== undefined && now - heardAt < rememberedMs) this.#options.tally.heard(0)
    else this.#answeredAt.set(seatNo, now)
    this.#heardAt.delete(seatNo)
  }

  /** Opens all, and cuts them until it is over; those that ended are opened again. */
  async watch(over: AbortSignal): Promise<void> {
    await Promise.all(this.maps.map((map, number) => this.#keep(map, number, over)))
  }

  /** For the comparison at rest. */
  openAll(): void {
    for (const map of this.maps) if (!map.isOpen) map.open()
  }

  close(): void {
    for (const map of this.maps) map.cut()
  }

  async #keep(map: SeatMap, number: number, over: AbortSignal): Promise<void> {
    const { gateways } = this.#options
    const sleep = (ms: number) => pause(ms, undefined, { signal: over }).catch(() => undefined)
    map.open()
    while (!over.aborted) {
      await sleep(cutEveryMs * (0.5 + Math.random()))
      if (over.aborted || (number === 0 && map.isOpen)) continue
      map.cut()
      this.cuts += 1
      await sleep(awayMs * Math.random())
      map.open(gateways[Math.floor(Math.random() * gateways.length)])
    }
  }

  #heard(seatNo: number, code: number): void {
    if (code !== codes.held) return
    const now = performance.now()
    const answeredAt = this.#answeredAt.get(seatNo)
    this.#answeredAt.delete(seatNo)
    if (answeredAt === undefined) this.#heardAt.set(seatNo, now)
    else if (now - answeredAt < rememberedMs) this.#options.tally.heard(now - answeredAt)
  }
}

const blocked = 3
