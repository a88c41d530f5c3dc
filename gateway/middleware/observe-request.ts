import { randomUUID } from 'node:crypto'
import { type Span, SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { TicketingError } from '#shared/errors.ts'
import {
  currentTraceparent,
  startOfTrace,
  traceFieldsOf,
  unrecordedTraceparent,
  withRecordedSpan,
} from '#shared/observability/tracing.ts'
import type { Dependencies } from '../dependencies.ts'
import { toProblem } from '../problems.ts'
import { sendProblem } from './send-problem.ts'
import type { Context, Middleware } from './state.ts'

/** What browsers are to hear of data; pages say more, by themselves. */
const dataHeaders = [
  'X-Content-Type-Options',
  'nosniff',
  'Content-Security-Policy',
  "default-src 'none'; frame-ancestors 'none'",
] as const

const noBody = {}
const noHeaders = (): readonly string[] => []

/** A request id from outside is kept when it cannot harm a log or a header. */
const saneRequestId = /^[\w.:-]{1,128}$/

/**
 * The outermost layer: request id, server span, one log line, one observation, and every error as problem+json. Whether the request
 * is traced is decided here, before all else: nearly all are not, and do without a span.
 */
export function observeRequest(dependencies: Dependencies): Middleware {
  return (ctx, next) => {
    const startedAt = performance.now()
    dependencies.metrics.requestBegan()
    const { state } = ctx
    const { headers } = ctx.req
    const givenId = headers['x-request-id']
    state.requestId = typeof givenId === 'string' && saneRequestId.test(givenId) ? givenId : randomUUID()
    state.endpoint = '(none)'
    state.isRoutine = false
    state.limitHeaders = noHeaders
    state.body = noBody
    const { traceparent, tracestate } = headers as Record<string, string | undefined>
    state.trace = startOfTrace({ traceparent, tracestate })
    const answer = async (): Promise<void> => {
      state.commonHeaders = commonHeaders(ctx, dependencies)
      try {
        refuseStrangeTarget(ctx)
        await next()
      } catch (error) {
        answerProblem(ctx, error, dependencies)
      }
      if (!ctx.headerSent) setCommonHeaders(ctx)
      report(ctx, performance.now() - startedAt, dependencies)
    }
    if (!state.trace.isRecorded) return answer()
    return withRecordedSpan(state.trace, ctx.method, { kind: SpanKind.SERVER }, async (span) => {
      await answer()
      describe(span, ctx)
    })
  }
}

/** A path, or a whole URL as proxies send it; what else a request line may hold, the layers below could not read. */
function refuseStrangeTarget({ req: { url = '' } }: Context): void {
  if (url.startsWith('/') || (/^https?:\/\//i.test(url) && URL.canParse(url))) return
  throw new TicketingError('validation_failed', 'This request target is not valid.')
}

function commonHeaders({ state }: Context, { isStopping }: Dependencies): string[] {
  const headers = [...dataHeaders, 'X-Request-Id', state.requestId]
  const traceparent = state.trace.isRecorded ? currentTraceparent() : unrecordedTraceparent(state.trace)
  if (traceparent !== undefined) headers.push('traceparent', traceparent)
  if (isStopping()) headers.push('Connection', 'close')
  return headers
}

/** What an answer has said otherwise by itself stays. */
function setCommonHeaders({ res, state }: Context): void {
  for (const headers of [state.commonHeaders, state.limitHeaders()]) {
    for (let at = 0; at + 1 < headers.length; at += 2) {
      const [name = '', value = ''] = [headers[at], headers[at + 1]]
      if (!res.hasHeader(name)) res.setHeader(name, value)
    }
  }
}

function answerProblem(ctx: Context, error: unknown, { log }: Dependencies): void {
  const problem = toProblem(error)
  const { requestId, trace } = ctx.state
  if (problem.code === 'internal') {
    log.error({ err: error, request_id: requestId, ...traceFieldsOf(trace) }, 'request failed')
  }
  sendProblem(ctx, problem)
}

function describe(span: Span, { method, status, state }: Context): void {
  span.updateName(`${method} ${state.endpoint}`)
  span.setAttributes({
    'http.request.method': method,
    'http.route': state.endpoint,
    'http.response.status_code': status,
    'ticketing.request_id': state.requestId,
  })
  if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
}

function report(ctx: Context, durationMs: number, { log, metrics }: Dependencies): void {
  const { endpoint, requestId, isRoutine, trace } = ctx.state
  const { method, status } = ctx
  metrics.requestAnswered({ method, endpoint, status, seconds: durationMs / 1_000 })
  if (isRoutine && !trace.isSample) return
  const facts = { method, endpoint, status, duration_ms: Math.round(durationMs * 10) / 10, request_id: requestId }
  log[status >= 500 ? 'warn' : 'info']({ ...facts, ...traceFieldsOf(trace) }, 'request')
}
