import type { Layout } from '#shared/contracts/layout.ts'
import { buildLayout, type PlanRow } from '../../import/formats/seating-plan.ts'
import { arc, curvedRow, depth, numbers, pitch, straightRow } from './curved-rows.ts'

const middle = 340
/** Rows bend around a point behind the stage. */
const centre = { x: middle, y: -150 }
/** Of the first row. */
const innermost = 300
/** Half of an aisle. */
const aisle = 16

/** A theatre: curved stalls in three blocks, the last row of the middle one accessible, boxes at both walls, and a balcony. */
export function theatre(name: string): Layout {
  const stalls = { level: 'Stalls', halfAngle: 0.42 }
  const balconyRadius = innermost + 10 * depth + 36
  const rows = [
    ...fan({ ...stalls, rows: 3, category: 'Stalls, front', firstRow: 1, radius: innermost }),
    ...fan({
      ...stalls,
      rows: 7,
      category: 'Stalls',
      firstRow: 4,
      radius: innermost + 3 * depth,
      lastIsAccessible: true,
    }),
    ...boxes(),
    ...fan({ level: 'Balcony', rows: 4, category: 'Balcony', firstRow: 1, radius: balconyRadius, halfAngle: 0.47 }),
  ]
  const stage = { x: middle - 125, y: 30, width: 250, height: 78, label: 'Stage' }
  return buildLayout({ name, width: 2 * middle, height: 440, rows, areas: [], stage })
}

interface Fan {
  readonly level: string
  readonly rows: number
  readonly category: string
  readonly firstRow: number
  readonly radius: number
  /** Radians from the middle to the wall. */
  readonly halfAngle: number
  readonly lastIsAccessible?: boolean
}

/** Curved rows in three blocks with two aisles, the middle block first. */
function fan({ level, rows, category, firstRow, halfAngle, lastIsAccessible, ...first }: Fan): PlanRow[] {
  const third = halfAngle * 0.46
  return numbers(rows).flatMap((row) => {
    const radius = first.radius + (row - 1) * depth
    const gap = aisle / radius
    const blocks = [
      { side: 'centre', from: -third + gap, to: third - gap },
      { side: 'left', from: -halfAngle, to: -third - gap },
      { side: 'right', from: third + gap, to: halfAngle },
    ]
    return blocks.map(({ side, from, to }) =>
      curvedRow({
        section: `${level} ${side}`,
        label: String(firstRow + row - 1),
        category,
        curve: arc(centre, radius, [from, to]),
        accessible: lastIsAccessible === true && row === rows && side === 'centre',
      }),
    )
  })
}

/** Three at each wall, of four seats. */
function boxes(): PlanRow[] {
  return numbers(3).flatMap((box) =>
    [-1, 1].flatMap((side) => {
      const radius = 310 + (box - 1) * 58
      const at = { x: centre.x + side * radius * Math.sin(0.53), y: centre.y + radius * Math.cos(0.53) }
      const section = `Box ${2 * box - (side < 0 ? 1 : 0)}`
      return [0, 1].map((row) => {
        const y = at.y + (row - 0.5) * depth
        const ends = { from: { x: at.x - pitch, y }, to: { x: at.x + pitch, y } }
        return straightRow({ section, label: String(row + 1), category: 'Boxes', ...ends })
      })
    }),
  )
}
