/** A numbered place: seats stand side by side when they are in one row and their numbers follow each other. */
export interface Seat {
  readonly seatNo: number
  readonly rowNo: number
}

/** Seats side by side, as many as there are. */
export interface Run {
  readonly firstSeatNo: number
  readonly length: number
}

/** The longest runs in `seats`, which come by ascending number. */
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

/** `qty` seat numbers from `firstSeatNo` on. */
export function seatNumbers(firstSeatNo: number, qty: number): number[] {
  return Array.from({ length: qty }, (_, index) => firstSeatNo + index)
}
