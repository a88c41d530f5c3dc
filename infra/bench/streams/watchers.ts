import { createHistogram } from 'node:perf_hooks'
import { until } from '../../until.ts'
import { codes, SeatMap, type SeatMapOptions } from '../seat-map.ts'
import { placesPerHold } from '../selling/buyers.ts'

/** Connections opened at once: more than the kernel lets wait would be sent away. */
const openAtOnce = 100
const openWithinMs = 30_000

/** Clients of a stream of seats, which note how long after its answer they hear of each hold of four seats side by side. */
export class Watchers {
  readonly #options: SeatMapOptions
  readonly #maps: SeatMap[] = []
  /** By the first seat of a hold, which has a number that four divides. */
  readonly #answeredAt = new Map<number, number>()
  #delays = createHistogram()
  #batchesBefore = 0

  constructor(options: Omit<SeatMapOptions, 'onChange'>) {
    this.#options = { ...options, onChange: (seatNo, code) => this.#hear(seatNo, code) }
  }

  get count(): number {
    return this.#maps.length
  }

  /** That were closed from the other side. */
  get closed(): number {
    return this.#maps.filter(({ isOpen }) => !isOpen).length
  }

  /** Opens more until there are `count`, and waits until each has the seats. */
  async openUntil(count: number): Promise<void> {
    while (this.count < count) {
      const missing = Math.min(openAtOnce, count - this.count)
      const fresh = Array.from({ length: missing }, () => new SeatMap(this.#options))
      this.#maps.push(...fresh)
      for (const map of fresh) map.open()
      const haveBegun = (): boolean => fresh.every(({ resets }) => resets > 0)
      await until('all streams have begun', haveBegun, { timeoutMs: openWithinMs, everyMs: 5 })
    }
  }

  /** A hold whose first seat this is was answered now. */
  answered(firstSeatNo: number): void {
    this.#answeredAt.set(firstSeatNo, performance.now())
  }

  /** Forgets what was heard so far. */
  restart(): void {
    this.#delays = createHistogram()
    this.#batchesBefore = this.#batches
  }

  /** What was heard since: milliseconds from a hold's answer, for each hold and watcher, and batches of the first watcher. */
  figures(): { p50Ms: number; p99Ms: number; heard: number; batches: number } {
    const ms = (percentile: number): number => this.#delays.percentile(percentile) / 1_000
    return { p50Ms: ms(50), p99Ms: ms(99), heard: this.#delays.count, batches: this.#batches - this.#batchesBefore }
  }

  close(): void {
    for (const map of this.#maps) map.cut()
  }

  get #batches(): number {
    return this.#maps[0]?.batches ?? 0
  }

  #hear(seatNo: number, code: number): void {
    if (code !== codes.held || seatNo % placesPerHold !== 0) return
    const now = performance.now()
    const answeredAt = this.#answeredAt.get(seatNo) ?? now
    this.#delays.record(Math.max(1, Math.round((now - answeredAt) * 1_000)))
  }
}
