import { randomUUID } from 'node:crypto'
import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { currentTraceparent, recordedTraceId, traceFields, withRemoteSpan } from '#shared/observability/tracing.ts'
import type { Dependencies } from '../dependencies.ts'
import { toProblem } from '../problems.ts'
import type { Context, Middleware } from './state.ts'

/** A request id from outside is kept when it cannot harm a log or a header. */
const saneRequestId = /^[\w.:-]{1,128}$/

/** The outermost layer: request id, server span, one log line, one observation, and every error as problem+json. */
export function observeRequest(dependencies: Dependencies): Middleware {
  const { securityHeaders } = dependencies
  return (ctx, next) => {
    const startedAt = performance.now()
    dependencies.metrics.requestBegan()
    const { state } = ctx
    const { headers } = ctx.req
    const givenId = headers['x-request-id']
    state.requestId = typeof givenId === 'string' && saneRequestId.test(givenId) ? givenId : randomUUID()
    state.endpoint = '(none)'
    state.isRoutine = false
    state.limitHeaders = []
    const { traceparent, tracestate } = headers as Record<string, string | undefined>
    return withRemoteSpan({ traceparent, tracestate }, ctx.method, { kind: SpanKind.SERVER }, async (span) => {
      const current = currentTraceparent()
      state.commonHeaders = [
        ...securityHeaders,
        'X-Request-Id',
        state.requestId,
        ...(current === undefined ? [] : ['traceparent', current]),
        ...(dependencies.isStopping() ? ['Connection', 'close'] : []),
      ]
      try {
        await next()
      } catch (error) {
        answerProblem(ctx, error, dependencies)
      }
      if (!ctx.headerSent) setCommonHeaders(ctx)
      if (span.isRecording()) {
        const { endpoint } = state
        span.updateName(`${ctx.method} ${endpoint}`)
        span.setAttributes({
          'http.request.method': ctx.method,
          'http.route': endpoint,
          'http.response.status_code': ctx.status,
          'ticketing.request_id': state.requestId,
        })
        if (ctx.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
      }
      report(ctx, performance.now() - startedAt, dependencies)
    })
  }
}

function answerProblem(ctx: Context, error: unknown, { log }: Dependencies): void {
  const problem = toProblem(error)
  const { state } = ctx
  const { requestId } = state
  if (problem.code === 'internal') log.error({ err: error, request_id: requestId, ...traceFields() }, 'request failed')
  if (problem.status === 429 || problem.status === 503) {
    const retryAfterMs = typeof problem.retry_after_ms === 'number' ? problem.retry_after_ms : 1_000
    ctx.set('Retry-After', String(Math.max(1, Math.ceil(retryAfterMs / 1_000))))
  }
  if (problem.status === 401) ctx.set('WWW-Authenticate', 'Bearer')
  // Whoever is refused may go on asking as fast as the network carries; the counter has them all.
  if (problem.code === 'rate_limited') state.isRoutine = true
  ctx.remove('ETag')
  ctx.set('Cache-Control', 'no-store')
  ctx.status = problem.status
  ctx.body = JSON.stringify({ ...problem, request_id: requestId, ...traceFields() })
  ctx.type = 'application/problem+json'
}

function setCommonHeaders({ res, state }: Context): void {
  for (const headers of [state.commonHeaders, state.limitHeaders]) {
    for (let at = 0; at + 1 < headers.length; at += 2) res.setHeader(headers[at] as string, headers[at + 1] as string)
  }
}

function report(ctx: Context, durationMs: number, { log, metrics, sampleRatio }: Dependencies): void {
  const { endpoint, requestId, isRoutine } = ctx.state
  const { method, status } = ctx
  metrics.requestAnswered({ method, endpoint, status, seconds: durationMs / 1_000 })
  if (isRoutine && recordedTraceId() === undefined && Math.random() >= sampleRatio) return
  const facts = { method, endpoint, status, duration_ms: Math.round(durationMs * 10) / 10, request_id: requestId }
  log[status >= 500 ? 'warn' : 'info']({ ...facts, ...traceFields() }, 'request')
}
