/** Seats of a row, as their positions. */
export interface SeatPositions {
  readonly x: readonly number[]
  readonly y: readonly number[]
}

/**
 * The usual distance of neighbours in a row, in the unit of the coordinates: the median over all rows. 1 where no two seats are apart,
 * because everything that is drawn is measured by it.
 */
export function seatPitch(rows: readonly SeatPositions[]): number {
  const steps: number[] = []
  for (const { x, y } of rows) {
    for (let at = 1; at < x.length; at += 1) {
      const step = Math.hypot((x[at] ?? 0) - (x[at - 1] ?? 0), (y[at] ?? 0) - (y[at - 1] ?? 0))
      if (step > 0) steps.push(step)
    }
  }
  steps.sort((a, b) => a - b)
  return steps[steps.length >> 1] ?? 1
}
