import { type Ask, callerNames } from '../load.ts'
import { type NextHouse, seatsPerHouse } from './houses.ts'

export const placesPerHold = 4

/** Share of buyers whose seats are asked for by another, too. */
const rivalsShare = 0.05

/**
 * How holds are asked for: four places that the system chooses, or four that the buyer names. Nearly all are refused of those who
 * name the same seats, and of those who come to a full house.
 */
export type Variant = 'best available' | 'named seats' | 'the same seats' | 'full house'

/** What became of one hold: `held`, or the code of the refusal, or `lost` when no answer came. */
type Outcome = string

interface Buyers {
  readonly ask: Ask
  readonly outcomes: ReadonlyMap<Outcome, number>
}

/** Everybody who wants to buy: a new caller for each hold. */
export function buyersOf(variant: Variant, nextHouse: NextHouse): Buyers {
  const nextName = callerNames()
  const chooseSeats = seatChooser()
  const outcomes = new Map<Outcome, number>()
  const wishIn = (house: string): object => {
    switch (variant) {
      case 'named seats':
        return { seat_nos: seatsFrom(chooseSeats(house)) }
      case 'the same seats':
        return { seat_nos: seatsFrom(0) }
      case 'best available':
      case 'full house':
        return { best_available: { qty: placesPerHold } }
    }
  }
  return {
    outcomes,
    async ask(connection) {
      const house = nextHouse(placesPerHold)
      if (house === undefined) return null
      const name = nextName()
      const wish = JSON.stringify({ ...wishIn(house), user_id: name })
      const outcome = await connection
        .post(`/events/${house}/holds`, wish, { 'Idempotency-Key': name })
        .then(({ status, body }) => (status === 201 ? 'held' : (JSON.parse(body) as { code: string }).code))
        .catch(() => 'lost')
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      return outcome === 'held'
    },
  }
}

/** Four seats side by side. */
export function seatsFrom(first: number): number[] {
  return Array.from({ length: placesPerHold }, (_, index) => first + index)
}

/** Chooses the first of four seats at a random place of a house. One buyer in twenty wants what another was faster to ask for. */
function seatChooser(): (house: string) => number {
  /** First seats of groups that no buyer has asked for yet. */
  const freeIn = new Map<string, number[]>()
  return (house) => {
    const free =
      freeIn.get(house) ?? Array.from({ length: seatsPerHouse / placesPerHold }, (_, group) => group * placesPerHold)
    freeIn.set(house, free)
    const at = Math.floor(Math.random() * free.length)
    const first = free[at] ?? 0
    if (Math.random() >= rivalsShare) {
      const last = free.pop() ?? first
      if (at < free.length) free[at] = last
    }
    return first
  }
}
