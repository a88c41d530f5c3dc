import type { Layout } from '#shared/contracts/layout.ts'
import { buildLayout, type PlanRow } from '../../import/formats/seating-plan.ts'
import { curvedRow, depth, numbers, type Point, pitch, straightRow } from './curved-rows.ts'

/** An arena for a concert: the stage at its end, GA tickets and six blocks on the floor, and two rings around them. */
export function arena(name: string): Layout {
  const lower = { category: 'Lower ring', firstSection: 101, sections: 20, rows: 15, from: 0 }
  const upper = { category: 'Upper ring', firstSection: 201, sections: 26, rows: 20, from: lower.rows * depth + 60 }
  const rows = [
    ...floorRows({ blocks: 'ABC', front: middle.x + 235 }),
    ...floorRows({ blocks: 'DEF', front: middle.x - 60 }),
    ...ringRows(lower),
    ...ringRows(upper),
  ]
  const pit = { left: middle.x + 262, top: middle.y - 350, right: middle.x + 405, bottom: middle.y + 350 }
  const outline = [pit.left, pit.top, pit.right, pit.top, pit.right, pit.bottom, pit.left, pit.bottom]
  const areas = [{ name: 'Pit', capacity: 800, outline }]
  const stage = { x: middle.x + 430, y: middle.y - 230, width: 130, height: 460, label: 'Stage' }
  return buildLayout({ name, width: 2 * middle.x, height: 2 * middle.y, rows, areas, stage })
}

const middle = { x: 1_260, y: 1_060 }
/** What the innermost row runs around: a rectangle with round corners. */
const inner = { halfWidth: 640, halfHeight: 440, radius: 300 }
/** Nobody sits behind the stage: the part of the ring that is left open, as an angle on both sides of it. */
const openHalfAngle = 0.5
/** Half of an aisle between two sections. */
const aisle = 13

const floorRowsPerBlock = 15
const floorSeatsPerRow = 20

/** Blocks beside each other, whose rows face the stage. */
function floorRows({ blocks, front }: { blocks: string; front: number }): PlanRow[] {
  const width = floorSeatsPerRow * pitch
  return numbers(floorRowsPerBlock).flatMap((row) =>
    [...blocks].map((block, column) => {
      const x = front - (row - 1) * depth
      const top = middle.y + (column - 1.5) * (width + 24) + 12
      const ends = { from: { x, y: top }, to: { x, y: top + width } }
      return straightRow({ section: `Floor ${block}`, label: String(row), category: 'Floor', ...ends })
    }),
  )
}

interface Ring {
  readonly category: string
  readonly firstSection: number
  readonly sections: number
  readonly rows: number
  /** Distance of its first row from the innermost one of the house. */
  readonly from: number
}

/** Sections of equal width, numbered from the stage around the house; aisles run straight out. */
function ringRows({ category, firstSection, sections, rows, from }: Ring): PlanRow[] {
  const curve = ringCurve(from + (rows / 2) * depth)
  const share = curve.length / sections
  return numbers(rows).flatMap((row) =>
    numbers(sections).map((section) => {
      const points = curve.slice(Math.round((section - 1) * share), Math.round(section * share) + 1)
      const middlePoint = points[points.length >> 1]
      const offset = (row - 1 - rows / 2) * depth
      const side = Math.abs(middlePoint?.normal.y ?? 0) > 0.6 ? 'side' : 'end'
      return curvedRow({
        section: String(firstSection + section - 1),
        label: String(row),
        category: `${category}, ${side}`,
        curve: shortened(points.map(({ x, y, normal }) => ({ x: x + normal.x * offset, y: y + normal.y * offset }))),
      })
    }),
  )
}

interface RingPoint extends Point {
  /** Points out of the house. */
  readonly normal: Point
}

/** Evenly spaced points of the ring that runs so far outside the innermost row, from one side of the stage to the other. */
function ringCurve(offset: number): RingPoint[] {
  const { halfWidth, halfHeight, radius } = inner
  const round = radius + offset
  const across = halfWidth - radius
  const down = halfHeight - radius
  const points: RingPoint[] = []
  const step = 4
  const line = (from: Point, to: Point, normal: Point): void => {
    const count = Math.round(Math.hypot(to.x - from.x, to.y - from.y) / step)
    for (let at = 0; at < count; at += 1) {
      const share = at / count
      points.push({ x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share, normal })
    }
  }
  const corner = (centre: Point, from: number): void => {
    const count = Math.round((round * Math.PI) / 2 / step)
    for (let at = 0; at < count; at += 1) {
      const angle = from - (Math.PI / 2) * (at / count)
      const normal = { x: Math.cos(angle), y: Math.sin(angle) }
      points.push({ x: centre.x + normal.x * round, y: centre.y + normal.y * round, normal })
    }
  }
  const { x, y } = middle
  // From the right side, which lies behind the stage, over the top to the left and back along the bottom.
  line({ x: x + across + round, y }, { x: x + across + round, y: y - down }, { x: 1, y: 0 })
  corner({ x: x + across, y: y - down }, 0)
  line({ x: x + across, y: y - down - round }, { x: x - across, y: y - down - round }, { x: 0, y: -1 })
  corner({ x: x - across, y: y - down }, -Math.PI / 2)
  line({ x: x - across - round, y: y - down }, { x: x - across - round, y: y + down }, { x: -1, y: 0 })
  corner({ x: x - across, y: y + down }, Math.PI)
  line({ x: x - across, y: y + down + round }, { x: x + across, y: y + down + round }, { x: 0, y: 1 })
  corner({ x: x + across, y: y + down }, Math.PI / 2)
  line({ x: x + across + round, y: y + down }, { x: x + across + round, y }, { x: 1, y: 0 })
  return points.filter((point) => Math.abs(Math.atan2(point.y - y, point.x - x)) > openHalfAngle)
}

/** Without an aisle's half at both ends. */
function shortened(points: readonly Point[]): Point[] {
  const [first, last] = [points[0], points.at(-1)]
  if (first === undefined || last === undefined) return []
  return points.filter(
    (point) =>
      Math.hypot(point.x - first.x, point.y - first.y) >= aisle &&
      Math.hypot(point.x - last.x, point.y - last.y) >= aisle,
  )
}
