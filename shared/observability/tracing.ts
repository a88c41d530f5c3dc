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
import { randomDigits } from './random-digits.ts'
import { createRedact } from './redact.ts'
import { parseTraceparent } from './traceparent.ts'

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

let sampleRatio = 0
/** While it is not, nothing knows of traces. */
let isTracing = false

/** From now on this share of what begins here is a sample, 0 to 1. */
export function sampleNewTraces(ratio: number): void {
  sampleRatio = ratio
}

/** From now on traces are told on, and those of the sample are recorded. */
export function recordTraces(): void {
  isTracing = true
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
  const start = startOfTrace(headers)
  return start.isRecorded ? withRecordedSpan(start, name, options, work) : inTrace(start, () => work(unrecordedSpan))
}

/** How a trace begins or goes on in this process. Decided before all else, so that what is not recorded can do without a span. */
export interface TraceStart {
  readonly isRecorded: boolean
  /** Whether the log should tell of it although many are like it: as large a share as is recorded, also where tracing is off. */
  readonly isSample: boolean
  readonly headers: TraceHeaders
  /** The span that the headers name, or a name for the one that begins a trace; null where tracing is off. */
  readonly parent: Pick<SpanContext, 'traceId' | 'spanId'> | null
}

/** The first step of `withRemoteSpan`. `mayRecordNew` false: what begins here is not recorded, though it may be a sample for the log. */
export function startOfTrace(headers: TraceHeaders, { mayRecordNew } = { mayRecordNew: true }): TraceStart {
  const parent = parseTraceparent(headers.traceparent)
  const isFollowed = parent !== null && isRecorded(parent)
  // A caller can have all that it does told, but not silence what the log tells.
  const isSample = isFollowed || Math.random() < sampleRatio
  if (!isTracing) return { isRecorded: false, isSample, headers, parent: null }
  return {
    isRecorded: isFollowed || (isSample && parent === null && mayRecordNew),
    isSample,
    headers,
    // That one is all zero, which W3C keeps for "none", happens once in 2^64 times.
    parent: parent ?? { traceId: randomDigits(16), spanId: randomDigits(8) },
  }
}

/** The second step where the trace is recorded. */
export function withRecordedSpan<Result>(
  { headers }: TraceStart,
  name: string,
  options: SpanOptions,
  work: (span: Span) => Promise<Result>,
): Promise<Result> {
  const parentContext = propagation.extract(ROOT_CONTEXT, headers)
  return tracer.startActiveSpan(name, options, parentContext, (span) => recorded(span, work))
}

/** The second step where it is not: all that `work` calls knows its trace. In a recorded one it does already. */
export function inTrace<Result>({ isRecorded, parent }: TraceStart, work: () => Result): Result {
  if (isRecorded || parent === null) return work()
  return context.with(trace.setSpanContext(ROOT_CONTEXT, { ...parent, traceFlags: TraceFlags.NONE }), work)
}

/** `traceparent` of a trace that is not recorded. */
export function unrecordedTraceparent({ parent }: TraceStart): string | undefined {
  return parent === null ? undefined : `00-${parent.traceId}-${parent.spanId}-00`
}

/** As `traceFields`, outside of `work`. In a recorded trace that begins here, only its spans know their id. */
export function traceFieldsOf({ isRecorded, parent }: TraceStart): { trace_id?: string } {
  if (isRecorded) return traceFields()
  return parent === null ? {} : { trace_id: parent.traceId }
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
