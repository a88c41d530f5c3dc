import type { RunningTracing } from '#shared/process/config.ts'
import { isTraceId } from './find-trace.ts'

export interface Absence {
  /** What was looked for; `undefined` where it was the latest requests. */
  readonly id: string | undefined
  /** The trace id that the logs name for that request, if any does. */
  readonly loggedTraceId: string | undefined
  /** Of the running system: `null` where it makes no spans; `undefined` where none runs. */
  readonly tracing: RunningTracing | null | undefined
}

const jaeger = 'http://localhost:16686'

/** Why there is no trace to show, and what to do. */
export function explainAbsence({ id, loggedTraceId, tracing }: Absence): string {
  const what = id ?? 'any request'
  const traceId = id !== undefined && isTraceId(id) ? id : loggedTraceId
  if (tracing === undefined) return `No system is running, and none has left spans of ${what}. npm start starts one.`
  if (tracing === null) return 'This system makes no spans: OTEL_SDK_DISABLED is set. Start it without.'
  if (tracing.otlp_url !== null) return `Spans are sent to ${tracing.otlp_url}. ${whereJaegerShows(traceId, id)}`
  const share = Number(tracing.sample_ratio)
  if (share < 1) return `No span of ${what} was recorded: ${sampling(share)}`
  if (id === undefined) return 'No request has been recorded yet.'
  return traceId === undefined
    ? `No request ${id} is known. npm run trace lists the latest ones; every answer carries its id as X-Request-Id.`
    : `No span of ${id} has arrived. Old ones make room for new ones; the logs of the processes tell of losses (npm run logs).`
}

function whereJaegerShows(traceId: string | undefined, id: string | undefined): string {
  if (traceId !== undefined) return `Where that is Jaeger: ${jaeger}/trace/${traceId}`
  const query = new URLSearchParams({ service: 'gateway' })
  if (id !== undefined) query.set('tags', JSON.stringify({ 'ticketing.request_id': id }))
  return `Where that is Jaeger: ${jaeger}/search?${query}`
}

function sampling(share: number): string {
  const percent = Number((share * 100).toFixed(3))
  return (
    `${percent} % of the requests are (OTEL_TRACES_SAMPLER_ARG).\n` +
    'One that is sent with a sampled traceparent always is:\n' +
    `  curl -H "traceparent: 00-$(openssl rand -hex 16)-$(openssl rand -hex 8)-01" …`
  )
}
