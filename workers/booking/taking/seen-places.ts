import type { Shard } from '../store/areas.ts'
import type { SeatFilter } from '../store/rows.ts'
import type { LockedSeat } from '../store/seats.ts'

/**
 * The places that a batch has locked so far. Another search adds places and never replaces known ones: within its own transaction, a search
 * sees seats as free that the batch has already given away.
 */
export interface SeenPlaces {
  /** Free seats that a request names, by `seatName`. */
  readonly named: Map<string, LockedSeat>
  /** Shards of areas, by `areaName`. */
  readonly shards: Map<string, Shard[]>
}

/** A search for `qty` neighbouring seats of a filter, shared by all requests for the same seats. */
export interface SearchedRows {
  readonly filter: SeatFilter
  readonly qty: number
  /** Free, locked seats of the rows found, sorted by number. */
  seats: readonly LockedSeat[]
  rowCount: number
  /** Rows before this one are not searched again. */
  nextSeatNo: number
  /** Only rows in which no single seat is left are searched; other rows come after all of these. */
  tidyOnly: boolean
  /** No further row is suitable, except locked ones. */
  exhausted: boolean
  /** The best seats, neighbouring or not; null before that search. */
  singleSeats: readonly LockedSeat[] | null
}

/** A search that has not begun. */
export function newSearch(filter: SeatFilter, qty: number): SearchedRows {
  const nextSeatNo = filter.firstSeatNo
  return { filter, qty, seats: [], rowCount: 0, nextSeatNo, tidyOnly: true, exhausted: false, singleSeats: null }
}

/** The key of a seat in `SeenPlaces`. */
export function seatName({ eventId, seatNo }: { readonly eventId: string; readonly seatNo: number }): string {
  return `${eventId} ${seatNo}`
}

/** The key of an area in `SeenPlaces`. */
export function areaName({ eventId, areaNo }: { readonly eventId: string; readonly areaNo: number }): string {
  return `${eventId} ${areaNo}`
}
