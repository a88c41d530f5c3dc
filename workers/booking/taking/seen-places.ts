import type { Shard } from '../store/areas.ts'
import type { SeatFilter } from '../store/rows.ts'
import type { LockedSeat } from '../store/seats.ts'

/**
 * What a batch has locked so far. A further look adds to it, and never replaces what is known: within its own transaction a look sees
 * seats as free that the batch has already given to somebody.
 */
export interface SeenPlaces {
  /** Free seats that somebody names, by `seatName`. */
  readonly named: Map<string, LockedSeat>
  /** Shards of areas, by `areaName`. */
  readonly shards: Map<string, Shard[]>
}

/** The look for `qty` seats side by side among those that a filter admits: one for all requests that mean the same seats. */
export interface SearchedRows {
  readonly filter: SeatFilter
  readonly qty: number
  /** Free seats of the rows that were looked at, by ascending number, locked. */
  seats: readonly LockedSeat[]
  rowCount: number
  /** No row before this one is looked at again. */
  nextSeatNo: number
  /** Only rows in which no single seat is left behind are looked for; the others come after all of these. */
  tidyOnly: boolean
  /** No further row would do, except those that others have locked. */
  exhausted: boolean
  /** The best seats whether or not side by side; null while nobody looked for them. */
  singleSeats: readonly LockedSeat[] | null
}

export function newSearch(filter: SeatFilter, qty: number): SearchedRows {
  const nextSeatNo = filter.firstSeatNo
  return { filter, qty, seats: [], rowCount: 0, nextSeatNo, tidyOnly: true, exhausted: false, singleSeats: null }
}

export function seatName({ eventId, seatNo }: { readonly eventId: string; readonly seatNo: number }): string {
  return `${eventId} ${seatNo}`
}

export function areaName({ eventId, areaNo }: { readonly eventId: string; readonly areaNo: number }): string {
  return `${eventId} ${areaNo}`
}
