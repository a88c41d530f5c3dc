import { connect, type Socket } from 'node:net'
import { createHistogram } from 'node:perf_hooks'
import { ExplainedError } from '../../explained-error.ts'

/** Seats side by side, of which the first has a number that this divides. */
export const placesPerHold = 4

/** Connections opened at once: more than the kernel lets wait would be sent away. */
const openAtOnce = 100
const openWithinMs = 30_000
/** All streams get the same bytes within a moment, so what they say is read once. */
const maxRemembered = 100

/** Clients of a stream of seats, which note how long after its answer they hear of each hold. */
export class Watchers {
  readonly #url: URL
  readonly #path: string
  readonly #sockets: Socket[] = []
  /** First seats of holds, by the text of what came. */
  readonly #holdsIn = new Map<string, readonly number[]>()
  readonly #answeredAt = new Map<number, number>()
  #delays = createHistogram()
  #heard = 0
  #batches = 0
  #closed = 0

  constructor(url: string, path: string) {
    this.#url = new URL(url)
    this.#path = path
  }

  get count(): number {
    return this.#sockets.length
  }

  /** That were closed from the other side. */
  get closed(): number {
    return this.#closed
  }

  /** Opens more until there are so many, and waits until each has the seats. */
  async openUntil(count: number): Promise<void> {
    while (this.#sockets.length < count) {
      const missing = Math.min(openAtOnce, count - this.#sockets.length)
      await Promise.all(Array.from({ length: missing }, () => this.#open()))
    }
  }

  /** A hold whose first seat this is was answered now. */
  answered(firstSeatNo: number): void {
    this.#answeredAt.set(firstSeatNo, performance.now())
  }

  /** Forgets what was heard so far. */
  restart(): void {
    this.#delays = createHistogram()
    this.#heard = 0
    this.#batches = 0
  }

  /** What was heard since: milliseconds from a hold's answer, for each hold and watcher, and batches of the first watcher. */
  figures(): { p50Ms: number; p99Ms: number; heard: number; batches: number } {
    const ms = (percentile: number): number => this.#delays.percentile(percentile) / 1_000
    return { p50Ms: ms(50), p99Ms: ms(99), heard: this.#heard, batches: this.#batches }
  }

  close(): void {
    for (const socket of this.#sockets) socket.removeAllListeners('close').destroy()
  }

  #open(): Promise<void> {
    const socket = connect({ host: this.#url.hostname, port: Number(this.#url.port) })
    const isFirst = this.#sockets.length === 0
    this.#sockets.push(socket)
    return new Promise((resolve, reject) => {
      let begin = ''
      const tooLate = setTimeout(
        () => reject(new ExplainedError(`A stream did not begin in time: ${begin}`)),
        openWithinMs,
      )
      const onBegin = (chunk: Buffer): void => {
        begin += chunk.toString('latin1')
        if (!begin.includes('event: reset') || !begin.endsWith('\n\n')) return
        clearTimeout(tooLate)
        socket.off('data', onBegin)
        socket.on('data', (text: Buffer) => this.#take(text.toString('latin1'), isFirst))
        resolve()
      }
      socket.on('data', onBegin)
      socket.on('error', reject)
      socket.on('close', () => {
        this.#closed += 1
        reject(new ExplainedError(`A stream was closed: ${begin}`))
      })
      socket.write(`GET ${this.#path} HTTP/1.1\r\nHost: ${this.#url.host}\r\n\r\n`)
    })
  }

  #take(text: string, isFirst: boolean): void {
    const holds = this.#holdsIn.get(text) ?? this.#read(text)
    if (isFirst && holds.length > 0) this.#batches += 1
    const now = performance.now()
    for (const firstSeatNo of holds) {
      const answeredAt = this.#answeredAt.get(firstSeatNo) ?? now
      this.#delays.record(Math.max(1, Math.round((now - answeredAt) * 1_000)))
      this.#heard += 1
    }
  }

  #read(text: string): readonly number[] {
    const holds = [...text.matchAll(/^data: (\{"seats":\[\[.*\]\].*\})$/gm)].flatMap(([, data = '']) => {
      const { seats } = JSON.parse(data) as { seats: [seatNo: number, code: number][] }
      return seats.flatMap(([seatNo, code]) => (code === 1 && seatNo % placesPerHold === 0 ? [seatNo] : []))
    })
    if (this.#holdsIn.size >= maxRemembered) this.#holdsIn.clear()
    this.#holdsIn.set(text, holds)
    return holds
  }
}
