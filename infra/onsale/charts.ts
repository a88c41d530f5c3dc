/*
 * Charts as inline SVG, all with one time axis. A print without colour can be read: lines differ by their dashes, areas by their
 * hatching, and each has its name beside it.
 */

export interface TimeAxis {
  /** Seconds from the opening, one for each value of the charts. */
  readonly times: readonly number[]
  readonly marks: readonly { readonly at: number; readonly label: string }[]
}

type Values = readonly (number | null)[]

export interface Line {
  readonly name: string
  readonly values: Values
  readonly form: 'solid' | 'dashed' | 'dotted'
}

export interface Layer {
  readonly name: string
  readonly values: Values
  readonly fill: 'full' | 'hatched' | 'dots' | 'empty'
}

export interface Chart {
  readonly title: string
  /** What to see in it, in a sentence. */
  readonly note?: string
  readonly unit: string
  readonly lines?: readonly Line[]
  /** Stacked, the first at the bottom. */
  readonly layers?: readonly Layer[]
  readonly limit?: { readonly value: number; readonly label: string }
  /** Powers of ten. */
  readonly isLogarithmic?: boolean
}

const size = { width: 1_000, height: 150, left: 58, right: 150, top: 12, bottom: 20 }
const plot = { width: size.width - size.left - size.right, height: size.height - size.top - size.bottom }
const labelHeight = 13
const tickSeconds = [5, 10, 15, 30, 60, 120, 300, 600]
const mostTicks = 12

/** Definitions that all charts of a page share, and how they look. */
export const chartStyle = `
  .chart { display: block; width: 100%; height: auto; overflow: visible; }
  .chart text { font: 11px system-ui, sans-serif; fill: var(--quiet); }
  .chart .name { fill: var(--ink); }
  .chart .grid { stroke: var(--line); stroke-width: 1; }
  .chart .mark { stroke: var(--ink); stroke-width: 1; stroke-dasharray: 1 3; }
  .chart .limit { stroke: var(--torch); stroke-width: 1.5; stroke-dasharray: 8 3; }
  .chart .line { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
  .chart .solid { stroke: var(--ink); }
  .chart .dashed { stroke: var(--torch); stroke-dasharray: 5 3; }
  .chart .dotted { stroke: var(--sea); stroke-dasharray: 1.5 3; stroke-width: 2.2; stroke-linecap: round; }
  .chart .full { fill: var(--ink); }
  .chart .hatched { fill: url(#hatched); stroke: var(--torch); stroke-width: 1; }
  .chart .dots { fill: url(#dots); stroke: var(--sea); stroke-width: 1; }
  .chart .empty { fill: var(--paper); stroke: var(--quiet); stroke-width: 1; }
`

export const chartPatterns = `<svg width="0" height="0" aria-hidden="true" style="position:absolute"><defs>
<pattern id="hatched" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="5" height="5" fill="var(--paper)"/><rect width="2.2" height="5" fill="var(--torch)"/></pattern>
<pattern id="dots" width="5" height="5" patternUnits="userSpaceOnUse"><rect width="5" height="5" fill="var(--paper)"/><circle cx="2" cy="2" r="1.2" fill="var(--sea)"/></pattern>
</defs></svg>`

/** One chart with its title, as HTML. */
export function chartHtml(chart: Chart, axis: TimeAxis): string {
  const { title, note, unit, lines = [], layers = [], limit, isLogarithmic = false } = chart
  const stacked = stack(layers)
  const highest = Math.max(
    0,
    limit?.value ?? 0,
    ...lines.flatMap(({ values }) => values.map((value) => value ?? 0)),
    ...(stacked.at(-1)?.bands.map(({ to }) => to) ?? []),
  )
  const y = isLogarithmic ? logarithmic(highest) : linear(highest)
  const x = horizontal(axis.times)
  const last = axis.times.length - 1
  const names = [
    ...stacked.map(({ name, fill, bands }) => ({
      name,
      sign: `<rect class="${fill}" width="11" height="9" y="-9"/>`,
      at: y.of(((bands[last]?.from ?? 0) + (bands[last]?.to ?? 0)) / 2),
    })),
    ...lines.map(({ name, values, form }) => ({
      name,
      sign: `<path class="line ${form}" d="M0 -4h12"/>`,
      at: y.of(values.findLast((value) => value !== null) ?? 0),
    })),
    ...(limit ? [{ name: limit.label, sign: '<path class="limit" d="M0 -4h12"/>', at: y.of(limit.value) }] : []),
  ]
  return `<figure>
<figcaption><b>${escaped(title)}</b>${note === undefined ? '' : ` ${escaped(note)}`}</figcaption>
<svg class="chart" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${escaped(title)}">
${y.ticks.map((tick) => `<line class="grid" x1="${size.left}" x2="${size.left + plot.width}" y1="${n(y.of(tick))}" y2="${n(y.of(tick))}"/><text x="${size.left - 6}" y="${n(y.of(tick) + 4)}" text-anchor="end">${short(tick)}</text>`).join('')}
<text x="${size.left - 6}" y="${size.height - 5}" text-anchor="end">${escaped(unit)}</text>
${x.ticks.map((tick) => `<text x="${n(x.of(tick))}" y="${size.height - 5}" text-anchor="middle">${clock(tick)}</text>`).join('')}
${stacked.map(({ fill, bands }) => `<path class="${fill}" d="${areaPath(bands, axis.times, x.of, y.of)}"/>`).join('')}
${limit ? `<line class="limit" x1="${size.left}" x2="${size.left + plot.width}" y1="${n(y.of(limit.value))}" y2="${n(y.of(limit.value))}"/>` : ''}
${lines.map(({ values, form }) => `<path class="line ${form}" d="${linePath(values, axis.times, x.of, y.of)}"/>`).join('')}
${axis.marks.map(({ at }) => `<line class="mark" x1="${n(x.of(at))}" x2="${n(x.of(at))}" y1="${size.top}" y2="${size.top + plot.height}"/>`).join('')}
${apart(names)
  .map(
    ({ name, sign, at }) =>
      `<g transform="translate(${size.left + plot.width + 8} ${n(at + 4)})">${sign}<text class="name" x="17">${escaped(name)}</text></g>`,
  )
  .join('')}
</svg></figure>`
}

/** A strip with the names of the marks, to stand above the charts. */
export function marksHtml(axis: TimeAxis): string {
  const x = horizontal(axis.times)
  const marks = axis.marks.map(
    ({ at, label }, index) =>
      `<text class="name" x="${n(x.of(at))}" y="${12 + labelHeight * (index % 3)}">│ ${escaped(label)}</text>`,
  )
  return `<svg class="chart" viewBox="0 0 ${size.width} 44" role="img" aria-label="What happened when">${marks.join('')}</svg>`
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

interface Scale {
  readonly ticks: readonly number[]
  of(value: number): number
}

function linear(highest: number): Scale {
  const step = niceStep(Math.max(highest, 1) / 3)
  const top = Math.ceil(Math.max(highest, 1) / step) * step
  return {
    ticks: Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step),
    of: (value) => size.top + plot.height * (1 - value / top),
  }
}

function logarithmic(highest: number): Scale {
  const decades = Math.max(1, Math.ceil(Math.log10(Math.max(highest, 10))))
  return {
    ticks: Array.from({ length: decades + 1 }, (_, index) => 10 ** index),
    of: (value) => size.top + plot.height * (1 - Math.log10(Math.max(1, value)) / decades),
  }
}

function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least))
  return ([1, 2, 5, 10].find((factor) => factor * power >= least) ?? 10) * power
}

function horizontal(times: readonly number[]): Scale {
  const from = times[0] ?? 0
  const to = Math.max(times.at(-1) ?? 1, from + 1)
  const step = tickSeconds.find((seconds) => (to - from) / seconds <= mostTicks) ?? 1_200
  const first = Math.ceil(from / step) * step
  return {
    ticks: Array.from({ length: Math.floor((to - first) / step) + 1 }, (_, index) => first + index * step),
    of: (value) => size.left + (plot.width * (value - from)) / (to - from),
  }
}

interface Band {
  readonly from: number
  readonly to: number
}

function stack(layers: readonly Layer[]): (Layer & { readonly bands: readonly Band[] })[] {
  let below: readonly number[] = []
  return layers.map((layer) => {
    const from = (index: number): number => below[index] ?? 0
    const bands = layer.values.map((value, index) => ({ from: from(index), to: from(index) + (value ?? 0) }))
    below = bands.map(({ to }) => to)
    return { ...layer, bands }
  })
}

type Place = (value: number) => number

function linePath(values: Values, times: readonly number[], x: Place, y: Place): string {
  let isDown = false
  return values
    .map((value, index) => {
      if (value === null) return ''
      const command = isDown ? 'L' : 'M'
      isDown = true
      return `${command}${n(x(times[index] ?? 0))} ${n(y(value))}`
    })
    .join('')
}

function areaPath(bands: readonly Band[], times: readonly number[], x: Place, y: Place): string {
  const point = (index: number, value: number): string => `${n(x(times[index] ?? 0))} ${n(y(value))}`
  const above = bands.map(({ to }, index) => point(index, to))
  const below = bands.map(({ from }, index) => point(index, from)).toReversed()
  return `M${[...above, ...below].join('L')}Z`
}

/** Names that would overlap are moved apart, within the height of the chart. */
function apart<Name extends { readonly at: number }>(names: readonly Name[]): Name[] {
  const sorted = names.toSorted((one, other) => one.at - other.at)
  const bottom = size.height - 4
  let lowest = Number.NEGATIVE_INFINITY
  return sorted.map((name, index) => {
    const room = bottom - labelHeight * (sorted.length - 1 - index)
    lowest = Math.max(Math.min(name.at, room), lowest + labelHeight)
    return { ...name, at: lowest }
  })
}

/** `-0:45`, `2:30`. */
export function clock(seconds: number): string {
  const whole = Math.abs(Math.round(seconds))
  return `${seconds < 0 ? '−' : ''}${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}

function short(value: number): string {
  return value >= 10_000 ? `${value / 1_000}k` : value.toLocaleString('en')
}

function n(value: number): string {
  return String(Math.round(value * 10) / 10)
}
