import type { ServerResponse } from 'node:http'
import { traceFieldsOf } from '#shared/observability/tracing.ts'
import type { Problem } from './problems.ts'
import type { RequestContext } from './request-context.ts'

/** Names and values in turn, as `writeHead` takes them: a third of the cost of setting them one by one. */
export type HeaderList = readonly string[]

/** Sends a whole answer past Koa, which leaves an ended response alone. A 304 and an answer to HEAD have no body. */
export function send(
  { req, res, headers }: RequestContext,
  status: number,
  own: HeaderList,
  body: string | Buffer,
): void {
  writeHead(res, status, [...own, ...headers])
  if (req.method === 'HEAD' || status === 304) res.end()
  // One byte a character: Node sends head and text in one write.
  else res.end(body, 'latin1')
}

/** Sends an error as `application/problem+json`. */
export function sendProblem(request: RequestContext, problem: Problem): void {
  const ids = { request_id: request.requestId, ...traceFieldsOf(request.trace) }
  const body = Buffer.from(JSON.stringify({ ...problem, ...ids })).toString('latin1')
  send(request, problem.status, problemHeaders(problem, body.length), body)
}

/** The headers that a problem document has by its status. */
export function problemHeaders({ status, retry_after_ms: retryAfterMs = 1_000 }: Problem, bytes: number): HeaderList {
  const headers = [
    'Content-Type',
    'application/problem+json',
    'Content-Length',
    String(bytes),
    'Cache-Control',
    'no-store',
  ]
  if (status === 401) headers.push('WWW-Authenticate', 'Bearer')
  if (status === 429 || status === 503) {
    headers.push('Retry-After', String(Math.max(1, Math.ceil(Number(retryAfterMs) / 1_000))))
  }
  return headers
}

/** As Node's own, whose type asks for a list that may be changed. */
function writeHead(res: ServerResponse, status: number, headers: string[]): void {
  res.writeHead(status, headers)
}
