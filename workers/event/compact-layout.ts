import type { Layout, SectionOutline } from '#shared/contracts/layout.ts'
import { seatPitch, unitsPerPitch } from '#shared/seat-pitch.ts'

interface DrawnLayout extends Layout {
  readonly outlines: SectionOutline[]
}

/**
 * The same layout with integer differences instead of coordinates, a third of the size after compression; see `coordinates` of the
 * contract. Positions are rounded before subtraction, so that errors do not add up.
 */
export function asDifferences<L extends DrawnLayout>(layout: L): L & { unit: number } {
  const unit = seatPitch(layout.rows) / unitsPerPitch
  let rowX = 0
  let rowY = 0
  const rows = layout.rows.map((row) => {
    const x = differences(row.x, { unit, from: rowX })
    const y = differences(row.y, { unit, from: rowY })
    rowX += x[0] ?? 0
    rowY += y[0] ?? 0
    return { ...row, x, y }
  })
  const areas = layout.areas.map(({ outline, ...area }) =>
    outline === undefined ? area : { ...area, outline: pointDifferences(outline, unit) },
  )
  const outlines = layout.outlines.map(({ section, points }) => ({ section, points: pointDifferences(points, unit) }))
  return { ...layout, unit, rows, areas, outlines }
}

function differences(values: readonly number[], { unit, from }: { unit: number; from: number }): number[] {
  let before = from
  return values.map((value) => {
    const whole = Math.round(value / unit)
    const difference = whole - before
    before = whole
    return difference
  })
}

/** Differences of x and y, in turn. */
function pointDifferences(points: readonly number[], unit: number): number[] {
  const before = [0, 0]
  return points.map((value, index) => {
    const whole = Math.round(value / unit)
    const difference = whole - (before[index % 2] ?? 0)
    before[index % 2] = whole
    return difference
  })
}
