import type { IncomingMessage } from 'node:http'
import { type Span, SpanKind, SpanStatusCode } from '@opentelemetry/api'
import {
  currentTraceparent,
  randomDigits,
  startOfTrace,
  traceFieldsOf,
  unrecordedTraceparent,
  withRecordedSpan,
} from '#shared/observability/tracing.ts'
import type { Dependencies } from '../dependencies.ts'
import { fieldsOf, type HeaderLines } from '../header-lines.ts'
import { toProblem } from '../problems.ts'
import type { Exchange, ExchangeState } from './exchange.ts'
import { sendProblem } from './send-problem.ts'

/** What browsers are to hear of data; pages say more, by themselves. */
export const dataHeaders: HeaderLines =
  "X-Content-Type-Options: nosniff\r\nContent-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"

/** What took so long is told in any case. */
const slowMs = 500

const noLimit = (): HeaderLines => ''

/** For a request that came without one. No trace id is so short: whoever looks for one of the two is not to find the other. */
export const newRequestId = (): string => randomDigits(12)

/** A request id from outside is kept when it cannot harm a log or a header. */
const saneRequestId = /^[\w.:-]{1,128}$/

/**
 * What `observe` needs. Whether the request is traced is decided here, before all else: nearly all are not, and do without a span.
 * `mayRecordNew` false: only a trace that the caller began may be recorded.
 */
export function beginExchange(
  { headers }: IncomingMessage,
  { endpoint, mayRecordNew }: { endpoint: string; mayRecordNew: boolean },
): ExchangeState {
  const givenId = headers['x-request-id']
  const { traceparent, tracestate } = headers as Record<string, string | undefined>
  return {
    requestId: typeof givenId === 'string' && saneRequestId.test(givenId) ? givenId : newRequestId(),
    trace: startOfTrace({ traceparent, tracestate }, { mayRecordNew }),
    commonHeaders: '',
    limitHeaders: noLimit,
    endpoint,
    isRoutine: false,
  }
}

/**
 * Has a request answered by `work`: server span, one log line, one observation, and every error as problem+json. When `work` is done
 * at once, so is this.
 */
export function observe(
  exchange: Exchange,
  work: () => Promise<void> | void,
  dependencies: Dependencies,
): Promise<void> | void {
  const { req, state } = exchange
  if (!state.trace.isRecorded) return answer(exchange, work, dependencies)
  return withRecordedSpan(state.trace, req.method ?? '', { kind: SpanKind.SERVER }, async (span) => {
    await answer(exchange, work, dependencies)
    describe(span, exchange)
  })
}

function answer(
  exchange: Exchange,
  work: () => Promise<void> | void,
  dependencies: Dependencies,
): Promise<void> | void {
  const startedAt = performance.now()
  exchange.state.commonHeaders = commonHeaders(exchange)
  // Connections end with the answers that come now.
  if (dependencies.isStopping()) exchange.res.shouldKeepAlive = false
  const fail = (error: unknown): void => answerProblem(exchange, error, dependencies)
  const finish = (): void => {
    if (!exchange.res.headersSent) setCommonHeaders(exchange)
    report(exchange, performance.now() - startedAt, dependencies)
  }
  try {
    const underWay = work()
    if (underWay !== undefined) return underWay.catch(fail).then(finish)
  } catch (error) {
    fail(error)
  }
  finish()
}

function commonHeaders({ state }: Exchange): HeaderLines {
  const traceparent = state.trace.isRecorded ? currentTraceparent() : unrecordedTraceparent(state.trace)
  const ofTrace = traceparent === undefined ? '' : `traceparent: ${traceparent}\r\n`
  return `${dataHeaders}X-Request-Id: ${state.requestId}\r\n${ofTrace}`
}

/** What an answer has said otherwise by itself stays. */
function setCommonHeaders({ res, state }: Exchange): void {
  const fields = fieldsOf(`${state.commonHeaders}${state.limitHeaders()}`)
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [name = '', value = ''] = [fields[at], fields[at + 1]]
    if (!res.hasHeader(name)) res.setHeader(name, value)
  }
}

function answerProblem(exchange: Exchange, error: unknown, { log }: Dependencies): void {
  const problem = toProblem(error)
  const { requestId, trace } = exchange.state
  if (problem.code === 'internal') {
    log.error({ err: error, request_id: requestId, ...traceFieldsOf(trace) }, 'request failed')
  }
  // It was of what will not be sent.
  if (!exchange.res.headersSent) exchange.res.removeHeader('ETag')
  sendProblem(exchange, problem)
}

function describe(span: Span, { req: { method = '' }, res: { statusCode }, state }: Exchange): void {
  span.updateName(`${method} ${state.endpoint}`)
  span.setAttributes({
    'http.request.method': method,
    'http.route': state.endpoint,
    'http.response.status_code': statusCode,
    'ticketing.request_id': state.requestId,
  })
  if (statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
}

function report({ req, res, state }: Exchange, durationMs: number, { log, metrics }: Dependencies): void {
  const { endpoint, requestId, isRoutine, trace } = state
  const { method = '' } = req
  const { statusCode: status } = res
  metrics.requestAnswered({ method, endpoint, status, seconds: durationMs / 1_000, isRecorded: trace.isRecorded })
  if (isRoutine && durationMs < slowMs && !trace.isSample) return
  const facts = { method, endpoint, status, duration_ms: Math.round(durationMs * 10) / 10, request_id: requestId }
  log[status >= 500 ? 'warn' : 'info']({ ...facts, ...traceFieldsOf(trace) }, 'request')
}
