import { chooseSeats } from '../best-available/choose-seats.ts'
import type { Seat } from '../best-available/free-runs.ts'
import { coversArea, coversSeat, type SeatKind, type Wanted } from './wishes.ts'

/** After an entry was overtaken this often, places are reserved until it can be served. */
export const maxOvertaken = 3

export interface Waiting {
  /** Own id of the entry. */
  readonly id: string
  readonly wanted: Wanted
  readonly qty: number
  /** How often it was overtaken so far. */
  readonly overtaken: number
}

export interface FreePlaces {
  /** Sorted by number. */
  readonly seats: readonly (Seat & SeatKind)[]
  readonly areas: readonly { readonly name: string; readonly free: number }[]
}

export interface Offer<Entry extends Waiting> {
  readonly entry: Entry
  /** Seat numbers, or the GA area of all places: an offer has one kind of place. */
  readonly places: { readonly seatNos: readonly number[] } | { readonly area: string }
  /** Earlier entries that want such places but could not be served. */
  readonly overtakes: readonly Entry[]
}

/**
 * Assigns free places to entries in order: each entry gets the first places that meet its whole wish. An entry that was overtaken
 * `maxOvertaken` times and cannot be served reserves all places that it wants. At most `limit` offers.
 */
export function nextOffers<Entry extends Waiting>(
  entries: readonly Entry[],
  free: FreePlaces,
  limit: number,
): Offer<Entry>[] {
  const offers: Offer<Entry>[] = []
  const passed: { entry: Entry; overtaken: number }[] = []
  let left = free
  for (const entry of entries) {
    if (offers.length === limit) break
    const places = choosePlaces(entry, left)
    if (places === null) {
      passed.push({ entry, overtaken: entry.overtaken })
      if (entry.overtaken >= maxOvertaken) left = without(left, entry.wanted)
      continue
    }
    const taken = placesOf(places, left)
    left = take(left, places, entry.qty)
    const overtaken = passed.filter(({ entry: { wanted } }) => taken.some((covered) => covered(wanted)))
    offers.push({ entry, places, overtakes: overtaken.map(({ entry }) => entry) })
    for (const each of overtaken) {
      each.overtaken += 1
      if (each.overtaken >= maxOvertaken) left = without(left, each.entry.wanted)
    }
  }
  return offers
}

/** Neighbouring seats, else the first seats, else tickets of the first area with enough. */
function choosePlaces({ wanted, qty }: Waiting, { seats, areas }: FreePlaces): Offer<Waiting>['places'] | null {
  const covered = seats.filter((seat) => coversSeat(wanted, seat))
  if (covered.length >= qty) {
    const seatNos = chooseSeats(covered, qty) ?? covered.slice(0, qty).map(({ seatNo }) => seatNo)
    return { seatNos }
  }
  const area = areas.find(({ name, free }) => free >= qty && coversArea(wanted, name))
  return area === undefined ? null : { area: area.name }
}

/** For each chosen place, a test whether an entry wants such places. */
function placesOf(places: Offer<Waiting>['places'], { seats }: FreePlaces): ((wanted: Wanted) => boolean)[] {
  if ('area' in places) return [(wanted) => coversArea(wanted, places.area)]
  const { seatNos } = places
  return seats.filter(({ seatNo }) => seatNos.includes(seatNo)).map((seat) => (wanted) => coversSeat(wanted, seat))
}

function take({ seats, areas }: FreePlaces, places: Offer<Waiting>['places'], qty: number): FreePlaces {
  if ('seatNos' in places) return { seats: seats.filter(({ seatNo }) => !places.seatNos.includes(seatNo)), areas }
  return { seats, areas: areas.map(({ name, free }) => ({ name, free: name === places.area ? free - qty : free })) }
}

function without({ seats, areas }: FreePlaces, wanted: Wanted): FreePlaces {
  return {
    seats: seats.filter((seat) => !coversSeat(wanted, seat)),
    areas: areas.filter(({ name }) => !coversArea(wanted, name)),
  }
}
