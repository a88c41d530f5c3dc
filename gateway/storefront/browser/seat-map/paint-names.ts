import { type Box, boxesMeet, isInside } from './geometry.ts'
import { areaFill, sectionFill } from './paint-sections.ts'
import { readable } from './palette.ts'
import { type Scene, screenBox } from './scene.ts'
import { levelOf } from './view.ts'

const white = '#ffffff'
const nearBlack = '#150e1c'

/** Paints the names of sections, areas and the stage. Omits section names while single seats are drawn, because they would cover them. */
export function paintNames(context: CanvasRenderingContext2D, scene: Scene, part: Box): void {
  const { plan, palette, camera, screen } = scene
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  if (levelOf(scene.step) !== 'seats') {
    for (const [index, section] of plan.sections.entries()) {
      if (boxesMeet(screenBox(scene, section.box, 1), part)) paintSectionName(context, scene, index)
    }
  }
  for (const [index, { box }] of plan.areas.entries()) {
    if (box !== null && boxesMeet(screenBox(scene, box, 0), part)) paintAreaName(context, scene, index)
  }
  if (plan.stage === undefined) return
  const { x, y, width, height, label } = plan.stage
  const upright = height > width
  const size = Math.min(20, Math.max(0, (Math.min(width, height) * camera.scale) / screen.ratio - 6)) * screen.ratio
  if (size < 8 * screen.ratio) return
  context.save()
  context.translate(
    Math.round((x + width / 2) * camera.scale + camera.x),
    Math.round((y + height / 2) * camera.scale + camera.y),
  )
  if (upright) context.rotate(-Math.PI / 2)
  context.font = `700 ${Math.min(size, 20 * screen.ratio)}px ${palette.face}`
  const room = Math.max(width, height) * camera.scale - 8 * screen.ratio
  context.fillStyle = palette.stock
  if (context.measureText(label).width <= room) context.fillText(label, 0, 0)
  context.restore()
}

/** Paints the whole name if it fits the outline, else only its number, else nothing. */
function paintSectionName(context: CanvasRenderingContext2D, scene: Scene, index: number): void {
  const { plan, palette, camera, screen, states } = scene
  const section = plan.sections[index]
  if (section === undefined) return
  const size = 13 * screen.ratio
  context.font = `700 ${size}px ${palette.face}`
  const number = /\d+/.exec(section.name)?.[0]
  const short = section.name.match(/[\p{L}\d]+$/u)?.[0]
  const candidates = [section.name, number ?? short]
  for (const name of candidates) {
    if (name === undefined) continue
    const half = { x: context.measureText(name).width / 2 / camera.scale, y: (size * 0.5) / camera.scale }
    if (!holds(section.outline, section, half)) continue
    const [x, y] = [Math.round(section.x * camera.scale + camera.x), Math.round(section.y * camera.scale + camera.y)]
    const fill = sectionFill(scene, index)
    context.fillStyle = readable(fill, [palette.ink, palette.stock, white, nearBlack])
    if (levelOf(scene.step) === 'rows') {
      context.lineWidth = 4 * screen.ratio
      context.lineJoin = 'round'
      context.strokeStyle = fill
      context.strokeText(name, x, y)
      if (states.freeOfSection(index) === 0) context.fillStyle = palette.quiet
    }
    context.fillText(name, x, y)
    return
  }
}

function paintAreaName(context: CanvasRenderingContext2D, scene: Scene, index: number): void {
  const { plan, palette, camera, screen, states } = scene
  const area = plan.areas[index]
  if (area === undefined || area.box === null || area.outline === null) return
  const { left, right, top, bottom } = area.box
  const [x, y] = [
    Math.round(((left + right) / 2) * camera.scale + camera.x),
    Math.round(((top + bottom) / 2) * camera.scale + camera.y),
  ]
  const size = 15 * screen.ratio
  const width = (right - left) * camera.scale - 8 * screen.ratio
  const height = (bottom - top) * camera.scale
  const words = scene.leftWords(states.freeOfArea(index))
  context.fillStyle = readable(areaFill(scene, index), [palette.ink, palette.stock, white, nearBlack])
  context.font = `700 ${size}px ${palette.face}`
  const fitsName = context.measureText(area.name).width <= width && height > size * 2.6
  if (fitsName) context.fillText(area.name, x, y - size * 0.55)
  context.font = `700 ${13 * screen.ratio}px ${palette.face}`
  if (context.measureText(words).width <= width && height > size)
    context.fillText(words, x, fitsName ? y + size * 0.6 : y)
}

/** Whether a name around a point fits between the edges of an outline. */
function holds(outline: readonly number[], at: { x: number; y: number }, half: { x: number; y: number }): boolean {
  for (const dx of [-half.x, 0, half.x]) {
    for (const dy of [-half.y, half.y]) if (!isInside(outline, at.x + dx, at.y + dy)) return false
  }
  return true
}
