import type { StoredSpan } from '#shared/observability/stored-span.ts'
import type { Paint } from '../../terminal/output.ts'
import { printable } from '../../terminal/printable.ts'
import { type TracedRequest, tracedRequest } from './request-span.ts'

/** What machines ask every few seconds. */
const routesOfMachines = ['/metrics', '/livez', '/readyz']

/** Which requests to list; all that is set must hold. */
export interface RequestFilter {
  /** Part of method and route, in any case. */
  readonly route: string | undefined
  /** Such as `409`, or `5xx` for a hundred of them. */
  readonly status: string | undefined
  /** Took that long at least. */
  readonly slowMs: number | undefined
  /** Something in it failed. */
  readonly failed: boolean
}

interface LatestOptions {
  /** At most. */
  readonly count: number
  readonly paint: Paint
  readonly filter?: RequestFilter | undefined
}

interface Line extends TracedRequest {
  readonly ms: number
  readonly spans: number
  readonly hasFailed: boolean
}

/** The latest requests among these spans as a table, the newest last. */
export function renderLatest(spans: readonly StoredSpan[], { count, paint, filter }: LatestOptions): string[] {
  const traces = [...Map.groupBy(spans, ({ traceId }) => traceId).values()]
  const lines = traces
    .flatMap((trace) => lineOf(trace) ?? [])
    .filter((line) => filter === undefined || passes(line, filter))
    .toSorted((a, b) => a.span.startUs - b.span.startUs)
    .slice(-count)
  if (lines.length === 0) return []
  const rows = lines.map(({ span, status, ms, spans, requestId }) => {
    const time = new Date(span.startUs / 1_000).toISOString().slice(11, 23)
    return [time, printable(span.name), status, ms.toFixed(1), String(spans), printable(requestId)]
  })
  const widest = Math.max(...rows.map(([, route = '']) => route.length))
  const text = ([time = '', route = '', status = '', ms = '', spans = '', id = '']: readonly string[]): string =>
    [time.padEnd(12), route.padEnd(widest), status.padEnd(3), ms.padStart(8), spans.padStart(5), id].join('  ')
  return [
    paint('dim', text(['time (UTC)', 'request', '', 'ms', 'spans', 'id'])),
    ...rows.map((row, index) => (lines[index]?.hasFailed ? paint('red', text(row)) : text(row))),
  ]
}

function lineOf(trace: readonly StoredSpan[]): Line | undefined {
  const request = tracedRequest(trace)
  if (request === undefined || routesOfMachines.includes(String(request.span.attributes['http.route'])))
    return undefined
  const { startUs, endUs } = request.span
  return {
    ...request,
    ms: Math.max(0, endUs - startUs) / 1_000,
    spans: trace.length,
    hasFailed: trace.some(({ status }) => status === 'error'),
  }
}

function passes(line: Line, { route, status, slowMs, failed }: RequestFilter): boolean {
  return (
    (route === undefined || line.span.name.toLowerCase().includes(route.toLowerCase())) &&
    (status === undefined || new RegExp(`^${status.replaceAll(/x/gi, '.')}$`).test(line.status)) &&
    (slowMs === undefined || line.ms >= slowMs) &&
    (!failed || line.hasFailed)
  )
}
