import { type Box, boxAround, boxesMeet } from './geometry.ts'
import { type Scene, screenBox, seatPoint } from './scene.ts'
import { disc, drawTick } from './seat-shapes.ts'
import { levelOf } from './view.ts'

/** Radius of a pin, in CSS pixels. */
const pinRadius = 6
/** Pins closer than this are merged into one, with their number. */
const pinsTouch = 14

/** Paints everything on top of the seats: the buyer's seats, offers, and the keyboard cursor. */
export function paintOverlays(context: CanvasRenderingContext2D, scene: Scene, part: Box): void {
  if (levelOf(scene.step) === 'seats') paintYours(context, scene, part)
  else for (const pin of pinsOf(scene)) paintPin(context, scene, pin)
  for (const seat of scene.offered) paintOffered(context, scene, seat)
  if (scene.cursor !== null) paintCursor(context, scene)
}

function paintYours(context: CanvasRenderingContext2D, scene: Scene, part: Box): void {
  for (const seat of scene.yours) {
    const { image, half } = scene.pictures.of({ price: 0, state: 0, accessible: 0, isYours: true })
    const { x, y } = seatPoint(scene, seat)
    if (boxesMeet({ left: x - half, right: x + half, top: y - half, bottom: y + half }, part)) {
      context.drawImage(image, x - half, y - half)
    }
  }
}

interface Pin {
  readonly x: number
  readonly y: number
  count: number
}

function pinsOf(scene: Scene): Pin[] {
  const pins: Pin[] = []
  for (const seat of [...scene.yours].sort((a, b) => a - b)) {
    const point = seatPoint(scene, seat)
    const near = pins.find(({ x, y }) => Math.hypot(x - point.x, y - point.y) < pinsTouch * scene.screen.ratio)
    if (near === undefined) pins.push({ ...point, count: 1 })
    else near.count += 1
  }
  return pins
}

function paintPin(context: CanvasRenderingContext2D, { palette, screen }: Scene, { x, y, count }: Pin): void {
  const radius = (count > 1 ? pinRadius * 1.5 : pinRadius) * screen.ratio
  context.save()
  context.translate(x, y)
  context.fillStyle = palette.stock
  context.fill(disc(radius * 1.35))
  context.fillStyle = palette.torch
  context.fill(disc(radius))
  context.lineWidth = 1.5 * screen.ratio
  context.strokeStyle = palette.ink
  context.stroke(disc(radius))
  if (count === 1) drawTick(context, radius, palette.torchInk)
  else {
    context.fillStyle = palette.torchInk
    context.textAlign = 'center'
    context.textBaseline = 'middle'
    context.font = `700 ${radius * 1.3}px ${palette.face}`
    context.fillText(String(count), 0, radius * 0.06)
  }
  context.restore()
}

function paintOffered(context: CanvasRenderingContext2D, scene: Scene, seat: number): void {
  const { x, y } = seatPoint(scene, seat)
  const { ratio } = scene.screen
  context.save()
  context.translate(x, y)
  context.setLineDash([4 * ratio, 3 * ratio])
  context.lineWidth = 5 * ratio
  context.strokeStyle = scene.palette.ink
  const ring = disc(Math.max(7, scene.step * 0.62) * ratio)
  context.stroke(ring)
  context.lineWidth = 3 * ratio
  context.strokeStyle = scene.palette.torch
  context.stroke(ring)
  context.restore()
}

/** A ring with 3 px of ink on 6 px of stock. */
function paintCursor(context: CanvasRenderingContext2D, scene: Scene): void {
  const box = cursorBox(scene)
  if (box === undefined) return
  const { ratio } = scene.screen
  const path = new Path2D()
  path.roundRect(box.left, box.top, box.right - box.left, box.bottom - box.top, 6 * ratio)
  for (const [width, colour] of [
    [6, scene.palette.stock],
    [3, scene.palette.ink],
  ] as const) {
    context.lineWidth = width * ratio
    context.strokeStyle = colour
    context.stroke(path)
  }
}

/** The box that the keyboard cursor surrounds, in device pixels. */
export function cursorBox(scene: Scene): Box | undefined {
  const { plan, cursor, step, screen } = scene
  if (cursor === null) return undefined
  if (cursor.kind === 'seat') {
    const { x, y } = seatPoint(scene, cursor.index)
    const half = Math.max(8, step * 0.72) * screen.ratio
    return { left: x - half, top: y - half, right: x + half, bottom: y + half }
  }
  if (cursor.kind === 'row') {
    const row = plan.rows[cursor.index]
    return row && screenBox(scene, boxAround([row.box]), 0.7)
  }
  const place = cursor.kind === 'section' ? plan.sections[cursor.index] : plan.areas[cursor.index]
  return place?.box ? screenBox(scene, place.box, 1) : undefined
}
