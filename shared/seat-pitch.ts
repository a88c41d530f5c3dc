/** Units per pitch in a layout whose coordinates are differences: half a unit is one pixel at the largest zoom of the map. */
export const unitsPerPitch = 16

/** The positions of a row's seats. */
export interface SeatPositions {
  readonly x: readonly number[]
  readonly y: readonly number[]
}

/**
 * The usual distance of neighbouring seats in a row, in the unit of the coordinates: the median over all rows. 1 if no two seats are apart,
 * because all drawing is measured by it.
 */
export function seatPitch(rows: readonly SeatPositions[]): number {
  const steps = new Float64Array(rows.reduce((sum, { x }) => sum + x.length, 0))
  let count = 0
  for (const { x, y } of rows) {
    for (let at = 1; at < x.length; at += 1) {
      const [across, down] = [(x[at] ?? 0) - (x[at - 1] ?? 0), (y[at] ?? 0) - (y[at - 1] ?? 0)]
      const step = Math.sqrt(across * across + down * down)
      if (step > 0) {
        steps[count] = step
        count += 1
      }
    }
  }
  // A typed array sorts numbers without a comparator, in a fraction of the time.
  return steps.subarray(0, count).sort()[count >> 1] ?? 1
}
