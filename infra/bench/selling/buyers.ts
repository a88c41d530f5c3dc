import { randomUUID } from 'node:crypto'
import type { HttpConnection } from '../http-connection.ts'
import { type Houses, seatsPerHouse } from './houses.ts'

export const placesPerHold = 4

/** So many buyers leave the seats they ask for in the eyes of others, who ask for them again. */
const rivalsShare = 0.05

/**
 * How holds are asked for: four places that the system chooses, or four that the buyer names. Nearly all are refused of those who
 * name the same seats, and of those who come to a full house.
 */
export type Variant = 'best available' | 'named seats' | 'the same seats' | 'full house'

/** What became of one hold: `held`, or the code of the refusal, or `lost` when no answer came. */
type Outcome = string

/** Everybody who wants to buy: a fresh caller for each hold. */
export class Buyers {
  readonly outcomes = new Map<Outcome, number>()
  readonly #houses: Houses
  readonly #variant: Variant
  readonly #run = randomUUID().slice(0, 8)
  /** Groups of seats side by side that nobody has asked for yet, by house: the first seat of each. */
  readonly #free = new Map<string, number[]>()
  #buyers = 0

  constructor({ houses, variant }: { houses: Houses; variant: Variant }) {
    this.#houses = houses
    this.#variant = variant
  }

  get houseIds(): readonly string[] {
    return this.#houses.ids
  }

  /** Asks for one hold. Answers whether it got it, `null` when all houses are sold. */
  async buy(connection: HttpConnection): Promise<boolean | null> {
    const house = this.#houses.next(placesPerHold)
    if (house === undefined) return null
    this.#buyers += 1
    const name = `${this.#run}-${this.#buyers}`
    const wanted = this.#wantedSeats(house)
    const wish = wanted === null ? { best_available: { qty: placesPerHold } } : { seat_nos: wanted }
    const outcome = await connection
      .post(`/events/${house}/holds`, JSON.stringify({ ...wish, user_id: name }), { 'Idempotency-Key': name })
      .then(({ status, body }) => (status === 201 ? 'held' : (JSON.parse(body) as { code: string }).code))
      .catch(() => 'lost')
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1)
    return outcome === 'held'
  }

  #wantedSeats(house: string): number[] | null {
    switch (this.#variant) {
      case 'named seats':
        return this.#chooseSeats(house)
      case 'the same seats':
        return Array.from({ length: placesPerHold }, (_, n) => n)
      case 'best available':
      case 'full house':
        return null
    }
  }

  /** Seats side by side at a random place of the house. One buyer in twenty wants what another was faster to ask for. */
  #chooseSeats(house: string): number[] {
    const free =
      this.#free.get(house) ?? Array.from({ length: seatsPerHouse / placesPerHold }, (_, n) => n * placesPerHold)
    this.#free.set(house, free)
    const at = Math.floor(Math.random() * free.length)
    const first = free[at] ?? 0
    if (Math.random() >= rivalsShare) {
      const last = free.pop() ?? first
      if (at < free.length) free[at] = last
    }
    return Array.from({ length: placesPerHold }, (_, n) => first + n)
  }
}
