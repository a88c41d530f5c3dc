import type { IncomingMessage, ServerResponse } from 'node:http'
import { createRedact } from '#shared/observability/redact.ts'
import { randomDigits, startOfTrace, type TraceStart, traceFieldsOf } from '#shared/observability/tracing.ts'
import type { Problem } from './problems.ts'

/** The context of one request, in the listener and in Koa. */
export interface RequestContext {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly requestId: string
  readonly trace: TraceStart
  /** The headers of every answer to this request, as a `HeaderList`. */
  readonly headers: string[]
  /** Route template, such as `/events/:event_id`: the label of metrics and the name of the span. */
  endpoint: string
  /** One of many similar requests: the log keeps only a sample of them. */
  isRoutine: boolean
  /** Sends a problem as a page to a browser; undefined: problems are sent as JSON. */
  showProblem: ((problem: Problem) => void) | undefined
  /** A stream answers this request. Streams have their own metrics, because their length says nothing about latency. */
  isStream: boolean
}

/** The endpoint label of requests that match no route. */
export const noEndpoint = '(none)'

/** Browsers may neither guess the type of the data nor show it in a frame. Pages replace this policy. */
export const securityHeaders = [
  ...['X-Content-Type-Options', 'nosniff'],
  ...['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'"],
]

/** 24 digits: shorter than a trace id, so a search for one never finds the other. */
export const newRequestId = (): string => randomDigits(12)

const saneRequestId = /^[\w.:-]{1,128}$/
const redact = createRedact([])

/** A client's id is kept only if it is safe in logs and headers, and contains nothing that the log would mask, such as a card number. */
function mayKeep(requestId: string): boolean {
  return saneRequestId.test(requestId) && redact(requestId) === requestId
}

/** The context of a new request. Decides whether its trace is recorded; most are not and have no spans. */
export function beginRequest(
  req: IncomingMessage,
  res: ServerResponse,
  { endpoint, mayBeginTrace }: { readonly endpoint: string; mayBeginTrace?(): boolean },
): RequestContext {
  const { 'x-request-id': givenId, traceparent, tracestate } = req.headers as Record<string, string | undefined>
  let trace = startOfTrace({ traceparent, tracestate })
  if (trace.isRecorded && mayBeginTrace?.() === false) {
    trace = startOfTrace({ traceparent, tracestate }, { mayRecordNew: false })
  }
  const requestId = givenId !== undefined && mayKeep(givenId) ? givenId : newRequestId()
  return {
    req,
    res,
    requestId,
    trace,
    headers: [...securityHeaders, 'X-Request-Id', requestId],
    endpoint,
    isRoutine: false,
    showProblem: undefined,
    isStream: false,
  }
}

/** Replaces the security headers of data with the headers of pages. */
export function replaceSecurityHeaders({ headers }: RequestContext, own: HeaderList): void {
  // The security headers come first: see `beginRequest`.
  headers.splice(0, securityHeaders.length, ...own)
}

/** Names and values in turn, as `writeHead` takes them. Setting headers one by one costs three times as much. */
export type HeaderList = readonly string[]

/** Sends a complete answer without Koa, which leaves an ended response alone. A 304 and an answer to HEAD have no body. */
export function send(
  { req, res, headers }: RequestContext,
  status: number,
  own: HeaderList,
  body: string | Buffer,
): void {
  const all = [...own, ...headers]
  res.writeHead(status, all)
  if (req.method === 'HEAD' || status === 304) res.end()
  // One byte per character (Latin-1): Node sends head and text in one write.
  else res.end(body, 'latin1')
}

/** The JSON of a problem without its last brace, with one byte per character. Cached because refusals send the same problem many times. */
const openings = new WeakMap<Problem, string>()

/** Sends an error as `application/problem+json`, or as a page to a browser. */
export function sendProblem(request: RequestContext, problem: Problem): void {
  if (request.showProblem !== undefined) {
    request.showProblem(problem)
    return
  }
  const opening = openings.get(problem) ?? Buffer.from(JSON.stringify(problem).slice(0, -1)).toString('latin1')
  openings.set(problem, opening)
  const { trace_id: traceId } = traceFieldsOf(request.trace)
  // Neither id needs escaping in JSON.
  const ids = `,"request_id":"${request.requestId}"${traceId === undefined ? '' : `,"trace_id":"${traceId}"`}}`
  send(request, problem.status, problemHeaders(problem, opening.length + ids.length), opening + ids)
}

/** The headers of a problem document, by its status. */
export function problemHeaders(
  { status, retry_after_ms: retryAfterMs = 1_000 }: Problem,
  bytes: number,
  type = 'application/problem+json',
): HeaderList {
  const headers = ['Content-Type', type, 'Content-Length', String(bytes)]
  headers.push('Cache-Control', 'no-store')
  if (status === 401) headers.push('WWW-Authenticate', 'Bearer')
  if (status === 429 || status === 503) {
    headers.push('Retry-After', String(Math.max(1, Math.ceil(Number(retryAfterMs) / 1_000))))
  }
  return headers
}
