import { runsOf, type Seat, seatNumbers } from './free-runs.ts'

/**
 * Chooses `qty` seats side by side among free ones, which come by ascending number and so by rank: the best that leave no
 * single seat behind, else the best there are unless `tidyOnly`. `null` when nowhere such `qty` stand side by side.
 */
export function chooseSeats(free: readonly Seat[], qty: number, { tidyOnly = false } = {}): number[] | null {
  const runs = runsOf(free).filter(({ length }) => length >= qty)
  const run = runs.find(({ length }) => length !== qty + 1) ?? (tidyOnly ? undefined : runs[0])
  return run === undefined ? null : seatNumbers(run.firstSeatNo, qty)
}
