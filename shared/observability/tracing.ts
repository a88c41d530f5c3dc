import {
  type Attributes,
  context,
  INVALID_SPAN_CONTEXT,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  type SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api'
import { TicketingError } from '#shared/errors.ts'
import { createRedact } from './redact.ts'
import { newSpanId, newTraceId, parseTraceparent } from './traceparent.ts'

/*
 * Spans are written by hand: automatic instrumentation costs nearly three times the request, even when only one in a
 * hundred is recorded. Whether a trace is recorded is decided first, where it begins; in one that is not, there are no spans
 * at all, only its id, which log lines carry and whoever is asked next is told.
 */

export interface SpanOptions {
  readonly kind?: SpanKind
  readonly attributes?: Attributes
}

export type TraceHeaders = Readonly<Record<string, string | undefined>>

const tracer = trace.getTracer('ticketing')

/** Spans leave the house as log lines do: what goes wrong must not tell how to get in. */
const redact = createRedact([])

/** What `work` gets where nothing is recorded; whatever it is told is forgotten. */
const unrecordedSpan = trace.wrapSpanContext(INVALID_SPAN_CONTEXT)

/** Share of new traces that are recorded; `null` where tracing is off, and nothing knows of traces. */
let newTracesRatio: number | null = null

/** From now on this share of new traces is recorded, 0 to 1. */
export function recordNewTraces(ratio: number): void {
  newTracesRatio = ratio
}

/** Runs `work` inside a span that is a child of the current one, and marks it failed when `work` throws. */
export function withSpan<Result>(
  name: string,
  options: SpanOptions,
  work: (span: Span) => Promise<Result>,
): Promise<Result> {
  if (recordedTraceId() === undefined) return work(unrecordedSpan)
  return tracer.startActiveSpan(name, options, (span) => recorded(span, work))
}

/**
 * As `withSpan`, as a child of the span that the W3C headers name: recorded when that one is. Without such headers this
 * begins a trace, of which the configured share is recorded.
 */
export function withRemoteSpan<Result>(
  headers: TraceHeaders,
  name: string,
  options: SpanOptions,
  work: (span: Span) => Promise<Result>,
): Promise<Result> {
  if (newTracesRatio === null) return work(unrecordedSpan)
  const parent = parseTraceparent(headers.traceparent)
  if (parent === null ? Math.random() < newTracesRatio : isRecorded(parent)) {
    const parentContext = propagation.extract(ROOT_CONTEXT, headers)
    return tracer.startActiveSpan(name, options, parentContext, (span) => recorded(span, work))
  }
  const { traceId, spanId } = parent ?? { traceId: newTraceId(), spanId: newSpanId() }
  const unrecorded = trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: TraceFlags.NONE })
  return context.with(unrecorded, () => work(unrecordedSpan))
}

/** As `withRemoteSpan` for work that no message asked for, such as that of a chore. */
export function withNewTrace<Result>(
  name: string,
  options: SpanOptions,
  work: (span: Span) => Promise<Result>,
): Promise<Result> {
  return withRemoteSpan({}, name, options, work)
}

/** Adds `traceparent` and `tracestate` of the current span to `headers`. */
export function injectTraceContext(headers: Record<string, string>): void {
  const traceparent = currentTraceparent()
  if (traceparent === undefined) return
  headers.traceparent = traceparent
  const state = trace.getActiveSpan()?.spanContext().traceState?.serialize()
  if (state) headers.tracestate = state
}

/** W3C header that names the current span. */
export function currentTraceparent(): string | undefined {
  const current = trace.getActiveSpan()?.spanContext()
  if (current === undefined) return undefined
  return `00-${current.traceId}-${current.spanId}-${isRecorded(current) ? '01' : '00'}`
}

/** As `currentTraceparent`, where the trace is recorded: for what is written down until the work goes on elsewhere. */
export function recordedTraceparent(): string | undefined {
  return recordedTraceId() === undefined ? undefined : currentTraceparent()
}

/** `{trace_id}` of the current span for log lines; empty when there is none. */
export function traceFields(): { trace_id?: string } {
  const traceId = trace.getActiveSpan()?.spanContext().traceId
  return traceId === undefined ? {} : { trace_id: traceId }
}

/** The trace that is being recorded here. */
export function recordedTraceId(): string | undefined {
  const current = trace.getActiveSpan()?.spanContext()
  return current !== undefined && isRecorded(current) ? current.traceId : undefined
}

function isRecorded({ traceFlags }: SpanContext): boolean {
  return (traceFlags & TraceFlags.SAMPLED) !== 0
}

async function recorded<Result>(span: Span, work: (span: Span) => Promise<Result>): Promise<Result> {
  try {
    return await work(span)
  } catch (error) {
    // An expected refusal is an answer, not a failure of the span; its code is what one searches for.
    if (error instanceof TicketingError) span.setAttribute('error.type', error.code)
    else {
      const failure = error instanceof Error ? error : new Error(String(error))
      span.setAttribute('error.type', failure.name)
      const { name, message, stack = '' } = failure
      span.recordException({ name, message: redact(message), stack: redact(stack) })
    }
    if (!(error instanceof TicketingError) || error.isFault) span.setStatus({ code: SpanStatusCode.ERROR })
    throw error
  } finally {
    span.end()
  }
}
