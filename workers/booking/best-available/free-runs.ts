/** A seat with its number. Seats are side by side if they are in one row and have consecutive numbers. */
export interface Seat {
  readonly seatNo: number
  readonly rowNo: number
}

/** The longest possible run of seats side by side. */
export interface Run {
  readonly firstSeatNo: number
  readonly length: number
}

/** The longest runs in `seats`, which are sorted by number. */
export function runsOf(seats: readonly Seat[]): Run[] {
  const runs: { firstSeatNo: number; length: number }[] = []
  let previous: Seat | undefined
  for (const seat of seats) {
    const run = runs.at(-1)
    if (run && previous?.rowNo === seat.rowNo && previous.seatNo + 1 === seat.seatNo) run.length += 1
    else runs.push({ firstSeatNo: seat.seatNo, length: 1 })
    previous = seat
  }
  return runs
}

/** `qty` consecutive seat numbers, starting at `firstSeatNo`. */
export function seatNumbers(firstSeatNo: number, qty: number): number[] {
  return Array.from({ length: qty }, (_, index) => firstSeatNo + index)
}
