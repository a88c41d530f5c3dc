import { spreadOver } from '../areas/spread-over.ts'
import { chooseSeats } from '../best-available/choose-seats.ts'
import type { HeldShard } from '../store/areas.ts'
import type { LockedSeat } from '../store/seats.ts'
import type { Admitted, WantedArea } from './admit.ts'
import { mayBeApart } from './request.ts'
import { areaName, type SearchedRows, type SeenPlaces, seatName } from './seen-places.ts'

export interface Given {
  readonly admitted: Admitted
  readonly seats: readonly LockedSeat[]
  readonly areaPlaces: readonly HeldShard[]
}

/** The places that a request lacks, judging by the places found. */
export type Lack =
  /** Named seats that it does not get. */
  | { readonly of: 'seats'; readonly seatNos: readonly number[] }
  | { readonly of: 'rows'; readonly searched: SearchedRows }
  /** The state of the area in all of its locked shards. */
  | { readonly of: 'area'; readonly area: WantedArea; readonly free: number; readonly held: number }

export interface Lacking {
  readonly admitted: Admitted
  readonly lack: Lack
}

/** Gives each request, in order of arrival, all of its places or none, from the places found. No place is given twice. */
export function decide(requests: readonly Admitted[], seen: SeenPlaces): { given: Given[]; lacking: Lacking[] } {
  /** Seat numbers, by event. */
  const givenOf = new Map<string, Set<number>>()
  const left = new Map(Array.from(seen.shards, ([name, shards]) => [name, shards.map((shard) => ({ ...shard }))]))
  const given: Given[] = []
  const lacking: Lacking[] = []
  for (const admitted of requests) {
    const { eventId } = admitted.request.buyer
    const isGiven = givenOf.get(eventId) ?? new Set()
    givenOf.set(eventId, isGiven)
    const seats = seatsFor(admitted, seen, isGiven)
    if ('of' in seats) {
      lacking.push({ admitted, lack: seats })
      continue
    }
    const ofAreas = admitted.areas.map((area) => {
      const shards = left.get(areaName({ eventId, ...area })) ?? []
      return { area, shards, spread: spreadOver(shards, area) }
    })
    const short = ofAreas.find(({ spread }) => spread === null)
    if (short !== undefined) {
      const sumOf = (count: 'free' | 'held') => short.shards.reduce((sum, shard) => sum + shard[count], 0)
      lacking.push({ admitted, lack: { of: 'area', area: short.area, free: sumOf('free'), held: sumOf('held') } })
      continue
    }
    for (const { seatNo } of seats) isGiven.add(seatNo)
    for (const { shards, spread } of ofAreas) {
      for (const { shard: number, qty } of spread ?? []) {
        const taken = shards.find(({ shard }) => shard === number)
        if (taken !== undefined) taken.free -= qty
      }
    }
    given.push({ admitted, seats, areaPlaces: ofAreas.flatMap(({ spread }) => spread ?? []) })
  }
  return { given, lacking }
}

function seatsFor(
  { request, searched }: Admitted,
  seen: SeenPlaces,
  isGiven: ReadonlySet<number>,
): readonly LockedSeat[] | Lack {
  const { eventId } = request.buyer
  const free = (seats: readonly LockedSeat[]): LockedSeat[] => seats.filter(({ seatNo }) => !isGiven.has(seatNo))
  if (searched !== null) {
    const { qty } = searched
    const together = free(searched.seats)
    const chosen = chooseSeats(together, qty, searched)
    if (chosen !== null) return together.filter(({ seatNo }) => chosen.includes(seatNo))
    const single = mayBeApart(request) ? free(searched.singleSeats ?? []) : []
    return single.length < qty ? { of: 'rows', searched } : single.slice(0, qty)
  }
  const wanted = request.selection.seat_nos ?? []
  const seats = free(wanted.flatMap((seatNo) => seen.named.get(seatName({ eventId, seatNo })) ?? []))
  if (seats.length === wanted.length) return seats.sort((one, other) => one.seatNo - other.seatNo)
  return { of: 'seats', seatNos: wanted.filter((wish) => !seats.some(({ seatNo }) => seatNo === wish)) }
}
