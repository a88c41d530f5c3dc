import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { viewLayout } from '#shared/contracts/event.ts'
import { seatPitch } from '#shared/seat-pitch.ts'
import { type Html, html } from '../html.ts'

/** Width of the drawing, whatever the unit of the plan; names and lines are sized by it. */
const width = 800
/** The same as `outlineMargin` of the canvas. */
const marginPitches = 0.85
const charWidth = 0.5
const nameSize = 13

/** A seat map as an SVG of outlines, areas and stage, in the reader's colour scheme. */
export function planPicture(layout: ReplyOf<typeof viewLayout>): Html {
  const pitch = seatPitch(layout.rows)
  const { stage, areas, outlines = [] } = layout
  const points = [...outlines.map((each) => each.points), ...areas.flatMap(({ outline }) => (outline ? [outline] : []))]
  if (stage !== undefined) points.push([stage.x, stage.y, stage.x + stage.width, stage.y + stage.height])
  const box = boxOf(points)
  const margin = Math.max(pitch * 2, (box.right - box.left) * 0.02)
  const scale = width / (box.right - box.left + 2 * margin)
  const height = Math.round((box.bottom - box.top + 2 * margin) * scale)
  const x = (value: number): string => ((value - box.left + margin) * scale).toFixed(1)
  const y = (value: number): string => ((value - box.top + margin) * scale).toFixed(1)
  const path = (outline: readonly number[]): string => {
    let text = ''
    for (let at = 0; at < outline.length; at += 2)
      text += `${at === 0 ? 'M' : 'L'}${x(outline[at] ?? 0)} ${y(outline[at + 1] ?? 0)}`
    return `${text}Z`
  }
  const wide = (2 * marginPitches * pitch * scale).toFixed(1)
  const name = (outline: readonly number[], text: string): Html | false => {
    const own = boxOf([outline])
    const shown = fitting(text, (own.right - own.left) * scale)
    if (shown === null || (own.bottom - own.top) * scale < nameSize) return false
    return html`<text x="${x((own.left + own.right) / 2)}" y="${y((own.top + own.bottom) / 2)}">${shown}</text>`
  }
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
<style>
.edge{fill:none;stroke:#d3cddc;stroke-linejoin:round}.ground{fill:#fff;stroke:#fff;stroke-linejoin:round}.area{fill:#f6f4f9;stroke:#d3cddc}.stage{fill:#22142b}text{font:700 ${nameSize}px 'Roboto Condensed','Arial Narrow','Liberation Sans Narrow',sans-serif;fill:#22142b;text-anchor:middle;dominant-baseline:central}.on-stage{fill:#fff}
@media (prefers-color-scheme:dark){.edge{stroke:#43364f}.ground{fill:#241a30;stroke:#241a30}.area{fill:#1d1427;stroke:#43364f}.stage{fill:#f3eef7}text{fill:#f3eef7}.on-stage{fill:#241a30}}
</style>
<defs><path id="outlines" d="${outlines.map(({ points: outline }) => path(outline)).join('')}"/></defs>
<use href="#outlines" class="edge" stroke-width="${(Number(wide) + 2).toFixed(1)}"/><use href="#outlines" class="ground" stroke-width="${wide}"/>
${areas.map(({ outline, name: text }) => outline && html`<path class="area" d="${path(outline)}"/>${name(outline, text)}`)}
${outlines.map(({ points: outline, section }) => name(outline, section))}
${stage && stagePicture(stage, { x, y, scale })}
</svg>`
}

function stagePicture(
  stage: NonNullable<ReplyOf<typeof viewLayout>['stage']>,
  { x, y, scale }: { x(value: number): string; y(value: number): string; scale: number },
): Html {
  const [across, down] = [stage.width * scale, stage.height * scale]
  const [middleX, middleY] = [x(stage.x + stage.width / 2), y(stage.y + stage.height / 2)]
  const fits = stage.label.length * nameSize * charWidth < Math.max(across, down) && Math.min(across, down) > nameSize
  return html`<rect class="stage" x="${x(stage.x)}" y="${y(stage.y)}" width="${across.toFixed(1)}" height="${down.toFixed(1)}" rx="4"/>${
    fits &&
    html`<text class="on-stage" x="${middleX}" y="${middleY}"${down > across && html` transform="rotate(-90 ${middleX} ${middleY})"`}>${stage.label}</text>`
  }`
}

/** The name if it fits, else only its number, else nothing. */
function fitting(name: string, room: number): string | null {
  const fits = (text: string): boolean => text.length * nameSize * charWidth <= room
  if (fits(name)) return name
  const number = /\d+/.exec(name)?.[0]
  return number !== undefined && fits(number) ? number : null
}

function boxOf(outlines: readonly (readonly number[])[]): { left: number; top: number; right: number; bottom: number } {
  let [left, top] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  let [right, bottom] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const outline of outlines) {
    for (let at = 0; at < outline.length; at += 2) {
      left = Math.min(left, outline[at] ?? 0)
      right = Math.max(right, outline[at] ?? 0)
      top = Math.min(top, outline[at + 1] ?? 0)
      bottom = Math.max(bottom, outline[at + 1] ?? 0)
    }
  }
  return left < right || top < bottom
    ? { left, top, right, bottom: Math.max(bottom, top + 1e-6) }
    : { left: 0, top: 0, right: 1, bottom: 1 }
}
