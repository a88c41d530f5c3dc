import { runsOf, type Seat, seatNumbers } from './free-runs.ts'

/**
 * Chooses `qty` seats side by side among `free` seats, which are sorted by number and so by rank: the best run that leaves no single seat,
 * else the best run unless `tidyOnly`. `null` if no run is long enough.
 */
export function chooseSeats(free: readonly Seat[], qty: number, { tidyOnly = false } = {}): number[] | null {
  const runs = runsOf(free).filter(({ length }) => length >= qty)
  const run = runs.find(({ length }) => length !== qty + 1) ?? (tidyOnly ? undefined : runs[0])
  return run === undefined ? null : seatNumbers(run.firstSeatNo, qty)
}
