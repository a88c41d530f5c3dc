import {
  type Attributes,
  context,
  propagation,
  type Span,
  type SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  trace,
} from '@opentelemetry/api'
import { TicketingError } from '#shared/errors.ts'

/*
 * Spans are written by hand: automatic instrumentation costs nearly three times the request, even when only one in a
 * hundred is sampled. Without `start-tracing.ts` they cost next to nothing and go nowhere.
 */

export interface SpanOptions {
  readonly kind?: SpanKind
  readonly attributes?: Attributes
}

const tracer = trace.getTracer('ticketing')

const caseInsensitive: TextMapGetter<Record<string, string | undefined>> = {
  keys: (carrier) => Object.keys(carrier),
  get: (carrier, key) => carrier[key] ?? carrier[key.toLowerCase()],
}

/** Runs `work` inside a span that is a child of the current one, and marks it failed when `work` throws. */
export function withSpan<Result>(
  name: string,
  options: SpanOptions,
  work: (span: Span) => Promise<Result>,
): Promise<Result> {
  return tracer.startActiveSpan(name, options, (span) => recorded(span, work))
}

/** As `withSpan`, as a child of the span that W3C headers name. */
export function withRemoteSpan<Result>(
  headers: Record<string, string | undefined>,
  name: string,
  options: SpanOptions,
  work: (span: Span) => Promise<Result>,
): Promise<Result> {
  const parent = propagation.extract(context.active(), headers, caseInsensitive)
  return tracer.startActiveSpan(name, options, parent, (span) => recorded(span, work))
}

/** Adds `traceparent` and `tracestate` of the current span to `headers`. */
export function injectTraceContext(headers: Record<string, string>): void {
  propagation.inject(context.active(), headers)
}

/** `{trace_id}` of the current span for log lines; empty when there is none. */
export function traceFields(): { trace_id?: string } {
  const traceId = trace.getActiveSpan()?.spanContext().traceId
  return traceId === undefined || /^0+$/.test(traceId) ? {} : { trace_id: traceId }
}

async function recorded<Result>(span: Span, work: (span: Span) => Promise<Result>): Promise<Result> {
  try {
    return await work(span)
  } catch (error) {
    // An expected refusal is an answer, not a failure of the span; its code is what one searches for.
    if (error instanceof TicketingError) span.setAttribute('ticketing.error', error.code)
    else {
      span.recordException(error instanceof Error ? error : String(error))
      span.setStatus({ code: SpanStatusCode.ERROR })
    }
    throw error
  } finally {
    span.end()
  }
}
