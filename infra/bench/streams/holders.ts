import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { HttpConnection } from '../http-connection.ts'

export const placesPerHold = 4

/** Enough that none waits for the one before. */
const connections = 16

interface HoldersOptions {
  readonly url: string
  readonly eventId: string
  readonly seatsPerSecond: number
  /** A hold was answered; its other seats follow this one. */
  onHeld(firstSeatNo: number): void
}

/** Buyers who come at an even pace, each a new caller, and hold four seats side by side, from the first of the house on. */
export class Holders {
  readonly #options: HoldersOptions
  readonly #connections: readonly HttpConnection[]
  /** The last request of each connection, which carries one at a time. */
  readonly #underWay: Promise<unknown>[] = []
  readonly #run = randomUUID().slice(0, 8)
  #buyers = 0
  #held = 0
  #refused = 0

  constructor(options: HoldersOptions) {
    this.#options = options
    this.#connections = Array.from({ length: connections }, () => new HttpConnection(options.url))
  }

  get held(): number {
    return this.#held
  }

  get refused(): number {
    return this.#refused
  }

  /** Buys for so long, and resolves when the last one is answered. */
  async buyFor(seconds: number, stopping: AbortSignal): Promise<void> {
    const everyMs = (placesPerHold / this.#options.seatsPerSecond) * 1_000
    const begin = performance.now()
    const underWay: Promise<void>[] = []
    for (let dueAt = begin; dueAt < begin + seconds * 1_000 && !stopping.aborted; dueAt += everyMs) {
      await pause(Math.max(0, dueAt - performance.now()))
      underWay.push(this.#hold())
    }
    await Promise.all(underWay)
  }

  close(): void {
    for (const connection of this.#connections) connection.close()
  }

  async #hold(): Promise<void> {
    const { eventId, onHeld } = this.#options
    const number = this.#buyers
    this.#buyers += 1
    const name = `${this.#run}-${number}`
    const first = number * placesPerHold
    const seat_nos = Array.from({ length: placesPerHold }, (_, at) => first + at)
    const at = number % connections
    const asked = (this.#underWay[at] ?? Promise.resolve()).then(() =>
      this.#connections[at]
        ?.post(`/events/${eventId}/holds`, JSON.stringify({ seat_nos, user_id: name }), { 'Idempotency-Key': name })
        .catch(() => undefined),
    )
    this.#underWay[at] = asked
    const answer = await asked
    if (answer?.status !== 201) {
      this.#refused += 1
      return
    }
    this.#held += 1
    onHeld(first)
  }
}
