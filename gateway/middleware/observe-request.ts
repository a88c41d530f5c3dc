import { randomUUID } from 'node:crypto'
import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { currentTraceparent, traceFields, withRemoteSpan } from '#shared/observability/tracing.ts'
import type { Dependencies } from '../dependencies.ts'
import { toProblem } from '../problems.ts'
import type { Context, Middleware } from './state.ts'

/** A request id from outside is kept when it cannot harm a log or a header. */
const saneRequestId = /^[\w.:-]{1,128}$/

/** The outermost layer: request id, server span, one log line, one observation, and every error as problem+json. */
export function observeRequest(dependencies: Dependencies): Middleware {
  return async (ctx, next) => {
    const startedAt = performance.now()
    dependencies.metrics.requestBegan()
    const givenId = ctx.get('x-request-id')
    ctx.state.requestId = saneRequestId.test(givenId) ? givenId : randomUUID()
    ctx.state.endpoint = '(none)'
    ctx.set('X-Request-Id', ctx.state.requestId)
    const headers = { traceparent: ctx.get('traceparent') || undefined, tracestate: ctx.get('tracestate') || undefined }
    await withRemoteSpan(headers, ctx.method, { kind: SpanKind.SERVER }, async (span) => {
      const traceparent = currentTraceparent()
      if (traceparent !== undefined) ctx.set('traceparent', traceparent)
      try {
        await next()
      } catch (error) {
        answerProblem(ctx, error, dependencies)
      }
      const { endpoint } = ctx.state
      span.updateName(`${ctx.method} ${endpoint}`)
      span.setAttributes({
        'http.request.method': ctx.method,
        'http.route': endpoint,
        'http.response.status_code': ctx.status,
        'ticketing.request_id': ctx.state.requestId,
      })
      if (ctx.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
      if (dependencies.isStopping()) ctx.set('Connection', 'close')
      report(ctx, performance.now() - startedAt, dependencies)
    })
  }
}

function answerProblem(ctx: Context, error: unknown, { log }: Dependencies): void {
  const problem = toProblem(error)
  const { requestId } = ctx.state
  if (problem.code === 'internal') log.error({ err: error, request_id: requestId, ...traceFields() }, 'request failed')
  if (problem.status === 429 || problem.status === 503) {
    const retryAfterMs = typeof problem.retry_after_ms === 'number' ? problem.retry_after_ms : 1_000
    ctx.set('Retry-After', String(Math.max(1, Math.ceil(retryAfterMs / 1_000))))
  }
  if (problem.status === 401) ctx.set('WWW-Authenticate', 'Bearer')
  ctx.remove('ETag')
  ctx.set('Cache-Control', 'no-store')
  ctx.status = problem.status
  ctx.body = JSON.stringify({ ...problem, request_id: requestId, ...traceFields() })
  ctx.type = 'application/problem+json'
}

function report(ctx: Context, durationMs: number, { log, metrics }: Dependencies): void {
  const { endpoint, requestId } = ctx.state
  const { method, status } = ctx
  metrics.requestAnswered({ method, endpoint, status, seconds: durationMs / 1_000 })
  const facts = { method, endpoint, status, duration_ms: Math.round(durationMs * 10) / 10, request_id: requestId }
  log[status >= 500 ? 'warn' : 'info']({ ...facts, ...traceFields() }, 'request')
}
