import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Span, SpanKind, SpanStatusCode } from '@opentelemetry/api'
import type Logger from 'bunyan'
import { TicketingError } from '#shared/errors.ts'
import {
  currentTraceparent,
  inTrace,
  traceFieldsOf,
  traceparentOf,
  withRecordedSpan,
} from '#shared/observability/tracing.ts'
import type { GatewayMetrics } from '../metrics.ts'
import type { Cors } from './cors.ts'
import { logAtIntervals } from './log-at-intervals.ts'
import { toProblem } from './problems.ts'
import { beginRequest, type RequestContext, sendProblem } from './request-context.ts'

/** How one request is answered. */
export interface Answer {
  readonly endpoint: string
  /** False: the request is recorded only in a trace that its client began. Default: it may begin a trace. */
  mayBeginTrace?(): boolean
  send(request: RequestContext): Promise<void> | void
}

/** Answers one request; see `createObserve`. */
export type Observe = (req: IncomingMessage, res: ServerResponse, answer: Answer) => Promise<void>

/** Requests slower than this are always logged. */
const slowMs = 500

/**
 * Creates the function through which every request is answered. It gives the request its id and trace, sends an error as a problem
 * document, and records one span, one log line and one observation. The function never rejects.
 */
export function createObserve(parts: {
  readonly log: Logger
  readonly metrics: GatewayMetrics
  readonly cors: Cors | null
  /** True after the signal to stop: each connection then closes with its answer. */
  readonly isStopping: () => boolean
}): Observe {
  const { log, metrics, cors, isStopping } = parts
  const logFault = logAtIntervals(log, 'requests could not be served')

  async function respond(request: RequestContext, answer: Answer): Promise<void> {
    // An unrecorded trace has no span whose id the answer could name.
    const traceparent = request.trace.isRecorded ? currentTraceparent() : traceparentOf(request.trace)
    if (traceparent !== undefined) request.headers.push('traceparent', traceparent)
    try {
      await answer.send(request)
    } catch (error) {
      fail(request, error)
    }
  }

  function fail(request: RequestContext, error: unknown): void {
    const problem = toProblem(error)
    if (problem.code === 'internal') {
      log.error({ err: error, request_id: request.requestId, ...traceFieldsOf(request.trace) }, 'request failed')
    } else if (error instanceof TicketingError && error.isFault && error.cause !== undefined) {
      // The answer does not show the cause. An outage gives every request the same one.
      logFault(error)
    }
    if (!request.res.headersSent) sendProblem(request, problem)
    // Half of the answer is sent: end the connection, so that the client does not wait for the rest.
    else if (!request.res.writableEnded) request.res.destroy()
  }

  function report(request: RequestContext, durationMs: number): void {
    const { req, res, trace, endpoint, requestId, isRoutine, isStream } = request
    const { method = '' } = req
    const { statusCode: status } = res
    const { isRecorded } = trace
    if (!isStream) metrics.requestAnswered({ method, endpoint, status, seconds: durationMs / 1_000, isRecorded })
    if (isRoutine && durationMs < slowMs && !trace.isSample) return
    const fields = { method, endpoint, status, duration_ms: Math.round(durationMs * 10) / 10, request_id: requestId }
    log[status >= 500 ? 'warn' : 'info']({ ...fields, ...traceFieldsOf(trace) }, 'request')
  }

  return async (req, res, answer) => {
    const startedAt = performance.now()
    metrics.requestBegan()
    try {
      const request = beginRequest(req, res, answer)
      if (cors !== null) request.headers.push(...cors.headersFor(req))
      if (isStopping()) request.headers.push('Connection', 'close')
      await inRequestTrace(request, async () => {
        await respond(request, answer)
        report(request, performance.now() - startedAt)
      })
    } catch (error) {
      log.error({ err: error }, 'an answer could not be sent')
      res.destroy()
    } finally {
      metrics.requestEnded()
    }
  }
}

/** Runs `work` in the trace of its request, within a server span if the trace is recorded. */
function inRequestTrace(request: RequestContext, work: () => Promise<void>): Promise<void> {
  const { req, trace } = request
  if (!trace.isRecorded) return inTrace(trace, work)
  return withRecordedSpan(trace, req.method ?? '', { kind: SpanKind.SERVER }, async (span) => {
    await work()
    describe(span, request)
  })
}

function describe(
  span: Span,
  { req: { method = '' }, res: { statusCode }, endpoint, requestId }: RequestContext,
): void {
  span.updateName(`${method} ${endpoint}`)
  span.setAttributes({
    'http.request.method': method,
    'http.route': endpoint,
    'http.response.status_code': statusCode,
    'ticketing.request_id': requestId,
  })
  if (statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
}
