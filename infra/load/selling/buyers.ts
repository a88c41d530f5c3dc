import { randomUUID } from 'node:crypto'
import { type Houses, seatsPerHouse } from './houses.ts'
import type { HttpAnswer, HttpConnection } from './http-connection.ts'

export const placesPerHold = 4

/** How holds are asked for: four places that the system chooses, or four that the buyer names. */
export type Variant = 'best available' | 'named seats'

/** What became of one hold: `held`, or the code of the refusal, or `lost` when no answer came. */
export type Outcome = string

/** Everybody who wants to buy: a fresh caller for each hold. */
export class Buyers {
  readonly outcomes = new Map<Outcome, number>()
  readonly #houses: Houses
  readonly #variant: Variant
  readonly #run = randomUUID().slice(0, 8)
  /** What is believed to be free, by house: everything that no answer has named as held. */
  readonly #free = new Map<string, number[]>()
  #buyers = 0

  constructor({ houses, variant }: { houses: Houses; variant: Variant }) {
    this.#houses = houses
    this.#variant = variant
  }

  /** Asks for one hold. Answers `null` when all houses are sold. */
  async buy(connection: HttpConnection): Promise<Outcome | null> {
    const house = this.#houses.next(placesPerHold)
    if (house === undefined) return null
    this.#buyers += 1
    const name = `${this.#run}-${this.#buyers}`
    const wanted = this.#variant === 'named seats' ? this.#chooseSeats(house) : null
    const wish = wanted === null ? { best_available: { qty: placesPerHold } } : { seat_nos: wanted }
    const outcome = await connection
      .post(`/events/${house}/holds`, JSON.stringify({ ...wish, user_id: name }), { 'Idempotency-Key': name })
      .then((answer) => this.#learn(answer, house, wanted))
      .catch(() => 'lost')
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1)
    return outcome
  }

  #learn({ status, body }: HttpAnswer, house: string, wanted: readonly number[] | null): Outcome {
    if (status === 201) {
      if (wanted !== null) this.#strike(house, wanted)
      return 'held'
    }
    const { code, conflicts } = JSON.parse(body) as { code: string; conflicts?: number[] }
    if (conflicts !== undefined) this.#strike(house, conflicts)
    return code
  }

  #chooseSeats(house: string): number[] {
    const free = this.#free.get(house) ?? Array.from({ length: seatsPerHouse }, (_, seatNo) => seatNo)
    this.#free.set(house, free)
    const chosen = new Set<number>()
    while (chosen.size < placesPerHold) chosen.add(free[Math.floor(Math.random() * free.length)] ?? 0)
    return [...chosen].sort((a, b) => a - b)
  }

  #strike(house: string, taken: readonly number[]): void {
    const gone = new Set(taken)
    this.#free.set(house, this.#free.get(house)?.filter((seatNo) => !gone.has(seatNo)) ?? [])
  }
}
