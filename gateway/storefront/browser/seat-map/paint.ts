import type { Box } from './geometry.ts'
import { paintNames } from './paint-names.ts'
import { paintOverlays } from './paint-overlays.ts'
import { paintRows } from './paint-rows.ts'
import { paintSeats } from './paint-seats.ts'
import { paintSections } from './paint-sections.ts'
import type { Scene } from './scene.ts'
import { levelOf } from './view.ts'

/** Paints a rectangle of the screen, in device pixels, and nothing outside it. So parts of a picture can be painted separately. */
export function paint(context: CanvasRenderingContext2D, scene: Scene, part: Box): void {
  context.save()
  context.setTransform(1, 0, 0, 1, 0, 0)
  context.beginPath()
  context.rect(part.left, part.top, part.right - part.left, part.bottom - part.top)
  context.clip()
  context.fillStyle = scene.palette.floor
  context.fillRect(part.left, part.top, part.right - part.left, part.bottom - part.top)
  const level = levelOf(scene.step)
  paintSections(context, scene, part)
  if (level === 'rows') paintRows(context, scene, part)
  if (level === 'seats') paintSeats(context, scene, part)
  paintNames(context, scene, part)
  paintOverlays(context, scene, part)
  context.restore()
}
