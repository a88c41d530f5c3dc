import type { StoredSpan } from '#shared/observability/stored-span.ts'
import type { Paint } from '../../terminal/output.ts'
import { printable } from '../../terminal/printable.ts'
import { tracedRequest } from './request-span.ts'
import { buildTrees, type SpanNode } from './trace-tree.ts'

export interface RenderOptions {
  readonly width: number
  readonly paint: Paint
}

/** A line of the tree: a span with its columns, or a remark on the span above it. */
interface Row {
  /** The lines that join it to its parent. */
  readonly guide: string
  readonly text: string
  readonly span: StoredSpan | null
}

/** More than anybody reads; what came first tells most. */
const maxRows = 2_000
const narrowestBar = 6
const widestBar = 24
const narrowestLabel = 24

/** A trace as lines of a terminal: what it was, then the tree with instance, kind, start, duration and a bar of each span. */
export function renderTrace(spans: readonly StoredSpan[], options: RenderOptions): string[] {
  const trees = buildTrees(spans)
  const allRows = trees.flatMap((tree) => rowsOf(tree, { own: '', below: '' }))
  const rows = allRows.slice(0, maxRows)
  const left = allRows.slice(maxRows).filter(({ span }) => span !== null).length
  const from = spans.reduce((least, { startUs }) => Math.min(least, startUs), Number.POSITIVE_INFINITY)
  const until = spans.reduce((most, { endUs }) => Math.max(most, endUs), Number.NEGATIVE_INFINITY)
  const layout = new Layout(rows, { ...options, from, until })
  return [
    ...heading(spans, { ...options, from, until }),
    '',
    layout.header(),
    ...rows.map((row) => layout.line(row)),
    ...(left > 0 ? [`… ${count(left, 'more span')}`] : []),
  ]
}

interface Period {
  readonly from: number
  readonly until: number
}

function heading(spans: readonly StoredSpan[], { paint, from, until }: RenderOptions & Period): string[] {
  const request = tracedRequest(spans)
  const processes = new Set(spans.map(({ instance }) => instance)).size
  const size = `${count(spans.length, 'span')} of ${count(processes, 'process', 'processes')} in ${milliseconds(until - from)} ms`
  const trace = `trace ${spans[0]?.traceId}   ${new Date(from / 1_000).toISOString()}`
  if (request === undefined) return [paint('bold', size), trace]
  const { span, status, requestId } = request
  const answered = `${printable(span.name)}   ${status}   answered in ${milliseconds(span.endUs - span.startUs)} ms`
  return [`${paint('bold', answered)}   ${size}`, `request ${printable(requestId)}   ${trace}`]
}

function rowsOf({ span, isOrphan, children }: SpanNode, guide: { own: string; below: string }): Row[] {
  const beside = guide.below + (children.length > 0 ? '│  ' : '   ')
  const status = span.kind === 'server' ? span.attributes['http.response.status_code'] : undefined
  const label = status === undefined ? span.name : `${span.name} → ${status}`
  return [
    { guide: guide.own, text: printable(label), span },
    ...remarks(span, isOrphan).map((remark) => ({ guide: beside, text: printable(remark), span: null })),
    ...children.flatMap((child, index) => {
      const isLast = index === children.length - 1
      return rowsOf(child, {
        own: guide.below + (isLast ? '└─ ' : '├─ '),
        below: guide.below + (isLast ? '   ' : '│  '),
      })
    }),
  ]
}

function remarks(span: StoredSpan, isOrphan: boolean): string[] {
  return [
    ...(isOrphan ? [`its parent ${span.parentSpanId} was not recorded`] : []),
    ...faults(span),
    ...span.links.map(({ traceId }) => `comes from trace ${traceId}`),
  ]
}

/** Exceptions, else the code of a refusal, which is an answer like any other unless the span says that it failed. */
function faults({ status, statusMessage, attributes, events }: StoredSpan): string[] {
  const exceptions = events.filter(({ name }) => name === 'exception').map((event) => event.attributes)
  if (exceptions.length > 0) {
    return exceptions.map((each) => `✘ ${each['exception.type'] ?? 'Error'}: ${each['exception.message'] ?? ''}`)
  }
  const code = attributes['error.type']
  if (status === 'error') return [`✘ ${code ?? (statusMessage || 'failed')}`]
  return code === undefined ? [] : [`! ${code}`]
}

/** Columns as wide as what stands in them; where the terminal is narrow the bar goes first, then the ends of the names. */
class Layout {
  readonly #options: RenderOptions & Period
  readonly #labelWidth: number
  readonly #instanceWidth: number
  readonly #barWidth: number

  constructor(rows: readonly Row[], options: RenderOptions & Period) {
    this.#options = options
    const instances = rows.map(({ span }) => printable(span?.instance ?? '').length)
    const labels = rows.map(({ guide, text, span }) => (span === null ? 0 : guide.length + text.length))
    this.#instanceWidth = Math.max('process'.length, ...instances)
    const fixed = this.#columns('', '', '', '').length
    const room = options.width - fixed
    const widestLabel = Math.max(narrowestLabel, ...labels)
    const forBar = room - widestLabel - 2
    this.#barWidth = forBar >= narrowestBar ? Math.min(forBar, widestBar) : 0
    this.#labelWidth = Math.max(narrowestLabel, Math.min(widestLabel, room))
  }

  header(): string {
    const columns = this.#columns('process', 'kind', 'start', 'ms')
    return this.#options.paint('dim', `${'span'.padEnd(this.#labelWidth)}${columns}`.trimEnd())
  }

  line({ guide, text, span }: Row): string {
    const { paint, width } = this.#options
    if (span === null) {
      const remark = shortened(text, Math.max(narrowestLabel, width - guide.length))
      return paint('dim', guide) + paint(text.startsWith('✘') ? 'red' : 'yellow', remark)
    }
    const label = shortened(text, Math.max(1, this.#labelWidth - guide.length))
    const padding = ' '.repeat(Math.max(0, this.#labelWidth - guide.length - label.length))
    const kind = span.kind === 'internal' ? '' : span.kind
    const start = milliseconds(span.startUs - this.#options.from)
    const columns = this.#columns(printable(span.instance), kind, start, milliseconds(span.endUs - span.startUs))
    const name = span.status === 'error' ? paint('red', label) : label
    return `${paint('dim', guide)}${name}${padding}${paint('dim', columns)}${this.#bar(span)}`.trimEnd()
  }

  #columns(instance: string, kind: string, start: string, took: string): string {
    return `  ${instance.padEnd(this.#instanceWidth)}  ${kind.padEnd(8)}  ${start.padStart(7)}  ${took.padStart(7)}`
  }

  #bar({ startUs, endUs }: StoredSpan): string {
    if (this.#barWidth === 0) return ''
    const { paint, from, until } = this.#options
    const cellsPerUs = this.#barWidth / Math.max(1, until - from)
    const begin = Math.min(Math.floor((startUs - from) * cellsPerUs), this.#barWidth - 1)
    const cells = Math.round((endUs - startUs) * cellsPerUs)
    const bar = cells < 1 ? '▏' : '█'.repeat(Math.min(cells, this.#barWidth - begin))
    return `  ${' '.repeat(begin)}${paint('cyan', bar)}`
  }
}

/** Clocks differ: a span may seem to end before it began. */
function milliseconds(us: number): string {
  return (Math.max(0, us) / 1_000).toFixed(1)
}

function shortened(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`
}
