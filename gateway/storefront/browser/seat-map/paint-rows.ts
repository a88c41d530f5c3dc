import { type Box, boxesMeet } from './geometry.ts'
import { colourOfPrice } from './paint-sections.ts'
import type { Plan } from './plan.ts'
import { type Scene, screenBox } from './scene.ts'

/** Rows curve little: every fourth seat is enough to draw one. */
const stride = 4
/** A line extends half a seat beyond both ends, so that a single seat is a short line. */
const overhang = 0.4

/** Paints runs of free seats as lines in the colour of their price, on hairlines for whole rows. This shows where groups fit. */
export function paintRows(context: CanvasRenderingContext2D, scene: Scene, part: Box): void {
  const { plan, states, palette, camera } = scene
  const rows = new Path2D()
  const runs = plan.prices.map(() => new Path2D())
  for (const section of plan.sections) {
    if (!boxesMeet(screenBox(scene, section.box, 2), part)) continue
    for (const index of section.rows) {
      const row = plan.rows[index]
      if (row === undefined || !boxesMeet(screenBox(scene, row.box, 2), part)) continue
      forEachRun(
        plan,
        row,
        () => true,
        (first, last) => addLine(rows, plan, first, last),
      )
      if (states.freeOfRow(index) === 0) continue
      forEachRun(
        plan,
        row,
        (seat) => states.isFree(seat),
        (first, last, price) => {
          const path = runs[price]
          if (path !== undefined) addLine(path, plan, first, last)
        },
      )
    }
  }
  context.save()
  context.setTransform(camera.scale, 0, 0, camera.scale, camera.x, camera.y)
  context.lineWidth = Math.max(0.18 * plan.pitch, scene.screen.ratio / camera.scale)
  context.strokeStyle = palette.line
  context.stroke(rows)
  context.lineWidth = 0.62 * plan.pitch
  for (const [price, path] of runs.entries()) {
    context.strokeStyle = colourOfPrice(plan.prices[price]?.colour, palette)
    context.stroke(path)
  }
  context.restore()
}

/** Calls with each run of wanted neighbours that have the same price. */
function forEachRun(
  { startsRun, price }: Plan,
  { first, end }: { first: number; end: number },
  isWanted: (seat: number) => boolean,
  use: (first: number, last: number, price: number) => void,
): void {
  let start = -1
  for (let seat = first; seat <= end; seat += 1) {
    const continues = seat < end && isWanted(seat)
    const isOther = start >= 0 && (startsRun[seat] === 1 || price[seat] !== price[start])
    if (start >= 0 && (!continues || isOther)) {
      use(start, seat - 1, price[start] ?? 0)
      start = -1
    }
    if (continues && start < 0) start = seat
  }
}

function addLine(path: Path2D, plan: Plan, first: number, last: number): void {
  const { x, y, pitch } = plan
  const from = towards(plan, first, first < last ? first + 1 : neighbourOf(plan, first))
  path.moveTo((x[first] ?? 0) - from.x * pitch * overhang, (y[first] ?? 0) - from.y * pitch * overhang)
  for (let seat = first + stride; seat < last; seat += stride) path.lineTo(x[seat] ?? 0, y[seat] ?? 0)
  const to = first < last ? towards(plan, last - 1, last) : from
  path.lineTo((x[last] ?? 0) + to.x * pitch * overhang, (y[last] ?? 0) + to.y * pitch * overhang)
}

/** Unit vector from one seat to another; points right if both have the same position. */
function towards({ x, y }: Plan, from: number, to: number): { x: number; y: number } {
  const [across, down] = [(x[to] ?? 0) - (x[from] ?? 0), (y[to] ?? 0) - (y[from] ?? 0)]
  const length = Math.hypot(across, down)
  return length === 0 ? { x: 1, y: 0 } : { x: across / length, y: down / length }
}

function neighbourOf({ row }: Plan, seat: number): number {
  return row[seat + 1] === row[seat] ? seat + 1 : row[seat - 1] === row[seat] ? seat - 1 : seat
}
