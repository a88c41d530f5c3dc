import { type Box, boxesMeet, grown } from './geometry.ts'
import { colourOfPrice } from './paint-sections.ts'
import { readable } from './palette.ts'
import { type Scene, screenBox, seatPoint } from './scene.ts'
import { seatState } from './states.ts'
import { planBox, showsNumbers } from './view.ts'

/** Paints single seats, with numbers from 20 px on, and the row's name at both ends. */
export function paintSeats(context: CanvasRenderingContext2D, scene: Scene, part: Box): void {
  const { plan, states, camera, pictures, yours, step, screen } = scene
  const seen = grown(planBox(camera, part), plan.pitch)
  const numbered: number[] = []
  scene.grid().forEachNear(seen, (seat) => {
    const state = states.of(seat)
    if (state === seatState.blocked || yours.has(seat)) return
    const look = { price: plan.price[seat] ?? 0, state, accessible: plan.accessible[seat] ?? 0, isYours: false }
    const { image, half } = pictures.of(look)
    const { x, y } = seatPoint(scene, seat)
    context.drawImage(image, x - half, y - half)
    if (state === seatState.free) numbered.push(seat)
  })
  if (showsNumbers(step)) paintNumbers(context, scene, numbered)
  const size = Math.min(13, Math.max(9, step * 0.6)) * screen.ratio
  context.font = `700 ${size}px ${scene.palette.face}`
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  context.fillStyle = scene.palette.quiet
  for (const section of plan.sections) {
    if (!boxesMeet(screenBox(scene, section.box, 4), part)) continue
    for (const index of section.rows) paintRowName(context, scene, index, part)
  }
}

function paintNumbers(context: CanvasRenderingContext2D, scene: Scene, seats: readonly number[]): void {
  const { plan, palette, step, screen } = scene
  const inks = plan.prices.map(({ colour }) => readable(colourOfPrice(colour, palette), [palette.stock, palette.ink]))
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  context.font = `700 ${step * 0.42 * screen.ratio}px ${palette.face}`
  for (const seat of seats) {
    const { x, y } = seatPoint(scene, seat)
    context.fillStyle = inks[plan.price[seat] ?? 0] ?? palette.stock
    context.fillText(plan.labels[seat] ?? '', x, y + step * 0.03 * screen.ratio, step * 0.7 * screen.ratio)
  }
}

function paintRowName(context: CanvasRenderingContext2D, scene: Scene, index: number, part: Box): void {
  const { plan, step, screen } = scene
  const row = plan.rows[index]
  if (row === undefined || !boxesMeet(screenBox(scene, row.box, 4), part)) return
  const last = row.end - 1
  const inner = row.first < last ? [row.first + 1, last - 1] : [row.first, row.first]
  for (const [end, next] of [
    [row.first, inner[0] ?? 0],
    [last, inner[1] ?? 0],
  ] as const) {
    const [across, down] = [(plan.x[end] ?? 0) - (plan.x[next] ?? 0), (plan.y[end] ?? 0) - (plan.y[next] ?? 0)]
    const length = Math.hypot(across, down)
    // A row of one seat has its name only at the left.
    const [ux, uy] = length === 0 ? [-1, 0] : [across / length, down / length]
    const { x, y } = seatPoint(scene, end)
    const away = step * 1.25 * screen.ratio
    context.fillText(row.label, Math.round(x + ux * away), Math.round(y + uy * away))
    if (length === 0) return
  }
}
