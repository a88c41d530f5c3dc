import { runsOf, type Seat, seatNumbers } from '../best-available/free-runs.ts'

const maxGroups = 3

/**
 * Up to three groups of `qty` free seats, nearest to `seatNo` first: groups of neighbours if there are any, else one group of the nearest
 * seats, else none. `free` is sorted by number.
 */
export function alternativesNear(free: readonly Seat[], { seatNo, qty }: { seatNo: number; qty: number }): number[][] {
  const distance = (group: readonly number[]): number => Math.abs((group[0] ?? 0) - seatNo)
  const together = runsOf(free).flatMap(({ firstSeatNo, length }) =>
    Array.from({ length: Math.floor(length / qty) }, (_, index) => seatNumbers(firstSeatNo + index * qty, qty)),
  )
  if (together.length > 0) return together.toSorted((a, b) => distance(a) - distance(b)).slice(0, maxGroups)
  if (free.length < qty) return []
  const nearest = free.map((seat) => seat.seatNo).toSorted((a, b) => distance([a]) - distance([b]))
  return [nearest.slice(0, qty).toSorted((a, b) => a - b)]
}
