import { traceFieldsOf } from '#shared/observability/tracing.ts'
import { type Problem, type ProblemText, withMembers } from '../problems.ts'
import type { Exchange } from './exchange.ts'
import { writeHead } from './write-head.ts'

/** Answers with a problem document. Does nothing where an answer has begun. */
export function sendProblem(exchange: Exchange, problem: Problem): void {
  const { status, retry_after_ms: retryAfterMs } = problem
  const again = typeof retryAfterMs === 'number' ? { retryAfterMs } : {}
  sendProblemText(exchange, { status, text: JSON.stringify(problem), ...again })
}

/** As `sendProblem`, in one piece and past Koa, as `send-shared.ts` does: refusals are for those of whom there are too many. */
export function sendProblemText(exchange: Exchange, { status, text, retryAfterMs }: ProblemText): void {
  const { req, res, state } = exchange
  if (res.headersSent) return
  const { trace_id: traceId } = traceFieldsOf(state.trace)
  const ofTrace = traceId === undefined ? '' : `,"trace_id":"${traceId}"`
  // Neither of the two ids has letters that JSON would write otherwise.
  const body = withMembers(text, `"request_id":"${state.requestId}"${ofTrace}`)
  const bytes = Buffer.byteLength(body)
  let lines = `Content-Type: application/problem+json\r\nContent-Length: ${bytes}\r\nCache-Control: no-store\r\n`
  lines += state.commonHeaders
  lines += state.limitHeaders()
  if (status === 429 || status === 503) {
    lines += `Retry-After: ${Math.max(1, Math.ceil((retryAfterMs ?? 1_000) / 1_000))}\r\n`
  }
  if (status === 401) lines += 'WWW-Authenticate: Bearer\r\n'
  writeHead(exchange, status, lines)
  if (req.method === 'HEAD') res.end()
  // Where each character is one byte, Node need not look for those that are not.
  else res.end(body, bytes === body.length ? 'latin1' : 'utf8')
}
