import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { viewReport } from '#shared/contracts/reports.ts'
import { clockTime, dayAndMonth, timeWithSeconds } from '../format.ts'
import { type Html, html } from '../html.ts'
import * as words from '../words/desk.ts'

type Report = ReplyOf<typeof viewReport>

/** Of the drawings, which are stretched to the width of the page; words stand beside them, so that they stay legible. */
const [width, height] = [600, 160]
const marks = [0, 0.25, 0.5, 0.75, 1]

export interface ChartOptions {
  readonly zone: string | null
  readonly language: string
  readonly isCancelled: boolean
}

/** All places that are or were for sale. A cancelled event has them all blocked. */
export function placesForSale(
  { sold, held, free, blocked }: Pick<Report, 'sold' | 'held' | 'free' | 'blocked'>,
  { isCancelled }: Pick<ChartOptions, 'isCancelled'>,
): number {
  return sold + held + free + (isCancelled ? blocked : 0)
}

/** How many places were sold since the opening, in percent of all that are or were for sale. */
export function soldChart({ sold_over_time: overTime, ...report }: Report, options: ChartOptions): Html {
  const most = Math.max(placesForSale(report, options), ...(overTime?.sold ?? []))
  if (overTime === null || most === 0) return html`<p class="quiet">${words.nothingSold}</p>`
  const { sold } = overTime
  const [from, to] = [Date.parse(overTime.from), Date.parse(overTime.to)]
  const span = Math.max(1, to - from)
  const x = (at: number): string => (Math.min(1, (at - from) / span) * width).toFixed(1)
  const y = (places: number): string => ((1 - places / most) * height).toFixed(1)
  const points = sold.map((places, bucket) => `${x(from + 1_000 * overTime.bucket_s * (bucket + 1))} ${y(places)}`)
  const line = `M0 ${y(0)}L${points.join('L')}`
  const timeAt = (share: number): string => timeText(from + share * span, span, options)
  const percent = percentText((sold.at(-1) ?? 0) / most)
  return html`<div class="desk-chart">
<div class="desk-percents quiet" aria-hidden="true">${marks.toReversed().map((share) => html`<span>${percentText(share)}</span>`)}</div>
<svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img" aria-label="${words.chart(timeAt(0), timeAt(1), percent)}">
${marks.map((share) => html`<path class="grid" d="M0 ${share * height}H${width}"/>`)}<path class="area" d="${line}V${height}H0Z"/><path class="line" d="${line}"/></svg>
<div class="desk-times quiet" aria-hidden="true">${marks.map((share) => html`<span>${timeAt(share)}</span>`)}</div>
</div>`
}

/** Sold, held and free, one beside the other. */
export function stockBar({ sold, held, free }: Report): Html | false {
  const all = sold + held + free
  if (all === 0) return false
  const part = (name: string, before: number, places: number): Html | false =>
    places > 0 &&
    html`<rect class="${name}" x="${((1_000 * before) / all).toFixed(1)}" y="0" width="${((1_000 * places) / all).toFixed(1)}" height="10"/>`
  const key = (name: string, text: string): Html =>
    html`<li><svg viewBox="0 0 12 12" aria-hidden="true"><rect class="${name}" width="12" height="12"/></svg>${text}</li>`
  return html`<div class="desk-bar"><svg viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">${part('sold', 0, sold)}${part('held', sold, held)}${part('free', sold + held, free)}</svg>
<ul class="desk-key-of-bar quiet">${key('sold', words.keySold)}${key('held', words.keyHeld)}${key('free', words.keyFree)}</ul></div>`
}

export function percentText(share: number): string {
  return `${Math.round(100 * share)}%`
}

const dayMs = 24 * 3_600_000
/** Below it two marks can lie within one minute. */
const shortMs = 5 * 60_000

/** `10:20`; with seconds in a short chart, a date where it is longer than two days. */
function timeText(at: number, span: number, { zone, language }: ChartOptions): string {
  const instant = new Date(at).toISOString()
  if (span > 2 * dayMs) return dayAndMonth(instant, { zone, language })
  return span < shortMs ? timeWithSeconds(instant, { zone, language }) : clockTime(instant, { zone, language })
}
