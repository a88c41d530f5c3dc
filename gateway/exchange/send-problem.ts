import { traceFieldsOf } from '#shared/observability/tracing.ts'
import { type Problem, type ProblemText, problemText } from '../problems.ts'
import type { Exchange } from './exchange.ts'
import { writeHead } from './write-head.ts'

/** Answers with a problem document. Does nothing where an answer has begun. */
export function sendProblem(exchange: Exchange, problem: Problem): void {
  sendProblemText(exchange, problemText(problem))
}

/** As `sendProblem`, in one piece and past Koa, as `send-shared.ts` does: refusals are for those of whom there are too many. */
export function sendProblemText(exchange: Exchange, problem: ProblemText): void {
  const { req, res, state } = exchange
  if (res.headersSent) return
  const { status, headers, opening, openingBytes } = problem
  const { trace_id: traceId } = traceFieldsOf(state.trace)
  const ofTrace = traceId === undefined ? '' : `,"trace_id":"${traceId}"`
  // Neither of the two ids has letters that JSON would write otherwise, or that are more than one byte.
  const members = `,"request_id":"${state.requestId}"${ofTrace}}`
  const body = opening + members
  const bytes = openingBytes + members.length
  writeHead(exchange, status, `${headers}Content-Length: ${bytes}\r\n${state.commonHeaders}${state.limitHeaders()}`)
  if (req.method === 'HEAD') res.end()
  // Where each character is one byte, Node need not look for those that are not.
  else res.end(body, bytes === body.length ? 'latin1' : 'utf8')
}
