import { traceFieldsOf } from '#shared/observability/tracing.ts'
import type { Problem } from '../problems.ts'
import type { Context } from './state.ts'

/**
 * Answers with a problem document, in one piece and past Koa, as `send-shared.ts` does: refusals are for those of whom there are too
 * many. Does nothing where an answer has begun.
 */
export function sendProblem(ctx: Context, problem: Problem): void {
  if (ctx.headerSent) return
  const { req, res, state } = ctx
  const { status } = problem
  const body = JSON.stringify({ ...problem, request_id: state.requestId, ...traceFieldsOf(state.trace) })
  const headers = [
    'Content-Type',
    'application/problem+json',
    'Content-Length',
    String(Buffer.byteLength(body)),
    'Cache-Control',
    'no-store',
    ...state.commonHeaders,
    ...state.limitHeaders(),
  ]
  if (status === 429 || status === 503) {
    const retryAfterMs = typeof problem.retry_after_ms === 'number' ? problem.retry_after_ms : 1_000
    headers.push('Retry-After', String(Math.max(1, Math.ceil(retryAfterMs / 1_000))))
  }
  if (status === 401) headers.push('WWW-Authenticate', 'Bearer')
  res.removeHeader('ETag')
  ctx.respond = false
  res.writeHead(status, headers)
  if (req.method === 'HEAD') res.end()
  else res.end(body)
}
