import type { IncomingMessage, ServerResponse } from 'node:http'
import { randomDigits, startOfTrace, type TraceStart } from '#shared/observability/tracing.ts'

/** What one request carries through the gateway, in front of Koa and behind it. */
export interface RequestContext {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly requestId: string
  readonly trace: TraceStart
  /** Names and values, in turn, of the headers that every answer to this request has. */
  readonly headers: string[]
  /** Route template, such as `/events/:event_id`: the label of metrics and the name of the span. */
  endpoint: string
  /** One of very many alike, so the log has only a sample of them. */
  isRoutine: boolean
}

/** The label of requests that no route took. */
export const noEndpoint = '(none)'

/** Browsers may neither guess the type of data nor show it in a frame. Pages replace the policy by their own. */
export const securityHeaders = [
  ...['X-Content-Type-Options', 'nosniff'],
  ...['Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'"],
]

/** 24 digits: shorter than a trace id, so a search for one never finds the other. */
export const newRequestId = (): string => randomDigits(12)

/** Request ids from clients are kept when they can harm neither log nor header. */
const saneRequestId = /^[\w.:-]{1,128}$/

/** The context of a request that just came. Decides whether its trace is recorded: most are not, and do without spans. */
export function beginRequest(
  req: IncomingMessage,
  res: ServerResponse,
  { endpoint, mayBeginTrace = true }: { readonly endpoint: string; readonly mayBeginTrace?: boolean },
): RequestContext {
  const { 'x-request-id': givenId, traceparent, tracestate } = req.headers as Record<string, string | undefined>
  const requestId = givenId !== undefined && saneRequestId.test(givenId) ? givenId : newRequestId()
  return {
    req,
    res,
    requestId,
    trace: startOfTrace({ traceparent, tracestate }, { mayRecordNew: mayBeginTrace }),
    headers: [...securityHeaders, 'X-Request-Id', requestId],
    endpoint,
    isRoutine: false,
  }
}
