import { type Box, boxesMeet } from './geometry.ts'
import { mixed } from './palette.ts'
import { outlineMargin, type Scene, screenBox } from './scene.ts'
import { levelOf } from './view.ts'

/** Paints the ground of sections, areas and the stage. In the overview a section's colour shows its price and the share of free seats. */
export function paintSections(context: CanvasRenderingContext2D, scene: Scene, part: Box): void {
  const { plan, palette, camera, shapes, screen } = scene
  context.save()
  context.setTransform(camera.scale, 0, 0, camera.scale, camera.x, camera.y)
  context.lineJoin = 'round'
  const wide = 2 * outlineMargin * plan.pitch
  const hairline = (2 * screen.ratio) / camera.scale
  for (const [index, { box }] of plan.sections.entries()) {
    const path = shapes.sections[index]
    if (path === undefined || !boxesMeet(screenBox(scene, box, 2), part)) continue
    const fill = sectionFill(scene, index)
    context.strokeStyle = palette.line
    context.lineWidth = wide + hairline
    context.stroke(path)
    context.strokeStyle = fill
    context.fillStyle = fill
    context.lineWidth = wide
    context.stroke(path)
    context.fill(path)
  }
  for (const [index, { box }] of plan.areas.entries()) {
    const path = shapes.areas[index]
    if (!path || box === null || !boxesMeet(screenBox(scene, box, 2), part)) continue
    context.fillStyle = areaFill(scene, index)
    context.fill(path)
    context.strokeStyle = palette.line
    context.lineWidth = hairline / 2
    context.stroke(path)
  }
  if (plan.stage !== undefined) {
    const { x, y, width, height } = plan.stage
    context.fillStyle = palette.ink
    context.beginPath()
    context.roundRect(x, y, width, height, Math.min(plan.pitch, width / 4, height / 4))
    context.fill()
  }
  context.restore()
}

/** The colour behind the name of a section. */
export function sectionFill({ plan, states, palette, step }: Scene, section: number): string {
  const { seatCount, price } = plan.sections[section] ?? { seatCount: 1, price: 0 }
  if (levelOf(step) !== 'sections') return palette.stock
  return shareFill(
    palette,
    colourOfPrice(plan.prices[price]?.colour, palette),
    states.freeOfSection(section) / seatCount,
  )
}

/** The colour behind the name of a general admission area. */
export function areaFill({ plan, states, palette }: Scene, area: number): string {
  const { capacity, price } = plan.areas[area] ?? { capacity: 1, price: 0 }
  const colour = colourOfPrice(plan.prices[price]?.colour, palette)
  const share = states.freeOfArea(area) / capacity
  return share === 0 ? palette.stock : mixed(colour, palette.stock, 0.35 + 0.2 * share)
}

function shareFill(palette: Scene['palette'], colour: string, share: number): string {
  return share === 0 ? palette.stock : mixed(colour, palette.stock, 0.3 + 0.7 * share)
}

/** The colour of a price, from 1; ink if there is no such price. */
export function colourOfPrice(colour: number | undefined, { prices, ink }: Scene['palette']): string {
  return prices[(colour ?? 1) - 1] ?? ink
}
