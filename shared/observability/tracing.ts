import { randomFillSync } from 'node:crypto'
import {
  context,
  INVALID_SPAN_CONTEXT,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  type SpanOptions,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api'
import { TicketingError } from '#shared/errors.ts'
import { createRedact } from './redact.ts'

/*
 * Spans are created by hand: automatic instrumentation nearly triples the cost of a request, even with one in a hundred recorded. A trace
 * is recorded or not from its first step on. An unrecorded trace has no spans, only an id for log lines and outgoing headers.
 */

export type TraceHeaders = Readonly<Record<string, string | undefined>>

type Work<Result> = (span: Span) => Promise<Result>

const tracer = trace.getTracer('ticketing')

/** Spans leave the system like log lines, so their errors must not contain secrets. */
const redact = createRedact([])

/** For `work` in an unrecorded trace; it ignores all calls. */
const unrecordedSpan = trace.wrapSpanContext(INVALID_SPAN_CONTEXT)

let sampleRatio = 0
/** If false, there are no trace ids either. */
let isTracing = false

/** Sets the share of new traces that are sampled, 0 to 1. */
export function sampleNewTraces(ratio: number): void {
  sampleRatio = ratio
}

/** Starts to pass on trace ids and to record sampled traces. */
export function recordTraces(): void {
  isTracing = true
}

/** Runs `work` inside a child of the current span; marks the span as failed if `work` throws. */
export function withSpan<Result>(name: string, options: SpanOptions, work: Work<Result>): Promise<Result> {
  if (recordedTraceId() === undefined) return work(unrecordedSpan)
  return tracer.startActiveSpan(name, options, (span) => recorded(span, work))
}

/** The current span, if it is recorded: for work that `withSharedSpan` does later for several requests at once. */
export function recordedSpan(): Span | undefined {
  return recordedTraceId() === undefined ? undefined : trace.getActiveSpan()
}

/**
 * Runs `work` for several requests at once, given their recorded spans: in a child of the first one, with links to and from the others.
 * Without spans nothing is recorded.
 */
export function withSharedSpan<Result>(
  name: string,
  options: SpanOptions,
  requests: readonly Span[],
  work: Work<Result>,
): Promise<Result> {
  const [first, ...others] = requests
  if (first === undefined) return context.with(ROOT_CONTEXT, () => work(unrecordedSpan))
  const links = others.map((span) => ({ context: span.spanContext() }))
  return tracer.startActiveSpan(name, { ...options, links }, trace.setSpan(ROOT_CONTEXT, first), (span) => {
    for (const other of others) other.addLink({ context: span.spanContext() })
    return recorded(span, work)
  })
}

/** As `withSpan`, as a child of the span in the W3C headers and recorded like it. Without such headers a new trace begins. */
export function withRemoteSpan<Result>(
  headers: TraceHeaders,
  name: string,
  options: SpanOptions,
  work: Work<Result>,
): Promise<Result> {
  const start = startOfTrace(headers)
  return start.isRecorded ? withRecordedSpan(start, name, options, work) : inTrace(start, () => work(unrecordedSpan))
}

/** How a trace begins or continues in this process. */
export interface TraceStart {
  readonly isRecorded: boolean
  /** Log this request even if its kind is usually not logged. Also set when tracing is off. */
  readonly isSample: boolean
  readonly headers: TraceHeaders
  /** The span in the headers, or ids for a new trace; null when tracing is off. */
  readonly parent: Pick<SpanContext, 'traceId' | 'spanId'> | null
}

/** First step of `withRemoteSpan`. Without `mayRecordNew` a trace that begins here is never recorded, but may be a sample. */
export function startOfTrace(headers: TraceHeaders, { mayRecordNew } = { mayRecordNew: true }): TraceStart {
  const parent = parseTraceparent(headers.traceparent)
  const isFollowed = parent !== null && isRecorded(parent)
  // A caller can force sampling on, never off.
  const isSample = isFollowed || Math.random() < sampleRatio
  if (!isTracing) return { isRecorded: false, isSample, headers, parent: null }
  return {
    isRecorded: isFollowed || (isSample && parent === null && mayRecordNew),
    isSample,
    headers,
    // All zeros, which W3C reserves for "none", occur once in 2^64.
    parent: parent ?? { traceId: randomDigits(16), spanId: randomDigits(8) },
  }
}

/** Second step of `withRemoteSpan` for a recorded trace. */
export function withRecordedSpan<Result>(
  { headers }: TraceStart,
  name: string,
  options: SpanOptions,
  work: Work<Result>,
): Promise<Result> {
  const parentContext = propagation.extract(ROOT_CONTEXT, headers)
  return tracer.startActiveSpan(name, options, parentContext, (span) => recorded(span, work))
}

/** Second step for an unrecorded trace: `work` sees its id. A recorded trace has it already. */
export function inTrace<Result>({ isRecorded, parent }: TraceStart, work: () => Result): Result {
  if (isRecorded || parent === null) return work()
  return context.with(trace.setSpanContext(ROOT_CONTEXT, { ...parent, traceFlags: TraceFlags.NONE }), work)
}

/** As `traceFields`, outside of `work`. Empty for a recorded trace that begins here: only its spans know their id. */
export function traceFieldsOf({ isRecorded, parent }: TraceStart): { trace_id?: string } {
  if (isRecorded) return traceFields()
  return parent === null ? {} : { trace_id: parent.traceId }
}

/** Attributes of a messaging span, by OpenTelemetry's names. */
export function messagingAttributes(operation: 'send' | 'publish' | 'process', destination: string) {
  return {
    'messaging.system': 'nats',
    'messaging.operation.name': operation,
    'messaging.operation.type': operation === 'publish' ? 'send' : operation,
    'messaging.destination.name': destination,
  }
}

/** Adds `traceparent` and `tracestate` of the current span to `headers`. */
export function injectTraceContext(headers: Record<string, string>): void {
  const traceparent = currentTraceparent()
  if (traceparent === undefined) return
  headers.traceparent = traceparent
  const state = trace.getActiveSpan()?.spanContext().traceState?.serialize()
  if (state) headers.tracestate = state
}

/** `traceparent` of a trace that is not recorded; undefined where tracing is off. */
export function traceparentOf({ parent }: TraceStart): string | undefined {
  return parent === null ? undefined : `00-${parent.traceId}-${parent.spanId}-00`
}

/** W3C `traceparent` of the current span. */
export function currentTraceparent(): string | undefined {
  const current = trace.getActiveSpan()?.spanContext()
  if (current === undefined) return undefined
  return `00-${current.traceId}-${current.spanId}-${isRecorded(current) ? '01' : '00'}`
}

/** As `currentTraceparent`, if the trace is recorded: stored with work that continues later. */
export function recordedTraceparent(): string | undefined {
  return recordedTraceId() === undefined ? undefined : currentTraceparent()
}

/** `{trace_id}` of the current span for log lines; empty when there is none. */
export function traceFields(): { trace_id?: string } {
  const traceId = trace.getActiveSpan()?.spanContext().traceId
  return traceId === undefined ? {} : { trace_id: traceId }
}

/** The id of the current trace, if it is recorded. */
export function recordedTraceId(): string | undefined {
  const current = trace.getActiveSpan()?.spanContext()
  return current !== undefined && isRecorded(current) ? current.traceId : undefined
}

/** W3C Trace Context: version 00 exactly, or a later one, whose additions must be ignored. Ids of all zeros are invalid. */
const traceparentForm =
  /^(?!ff)(?!00-.{52}-)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(?:-.*)?$/

/** The span in a `traceparent` header; `null` for none or an invalid one. */
export function parseTraceparent(header = ''): SpanContext | null {
  const [, traceId, spanId, flags = ''] = traceparentForm.exec(header) ?? []
  if (traceId === undefined || spanId === undefined) return null
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true }
}

/** Random bytes, drawn 4 KB at a time: an id takes half as long as a UUID, and every request has three. */
const pool = Buffer.alloc(4_096)
let used = pool.byteLength

/** At most 4,096 random bytes as hexadecimal digits. For unique ids, not for secrets. */
export function randomDigits(bytes: number): string {
  if (used + bytes > pool.byteLength) {
    randomFillSync(pool)
    used = 0
  }
  used += bytes
  return pool.toString('hex', used - bytes, used)
}

function isRecorded({ traceFlags }: SpanContext): boolean {
  return (traceFlags & TraceFlags.SAMPLED) !== 0
}

async function recorded<Result>(span: Span, work: Work<Result>): Promise<Result> {
  try {
    return await work(span)
  } catch (error) {
    // An expected refusal is an answer, not a failure of the span.
    if (error instanceof TicketingError) span.setAttribute('error.type', error.code)
    else {
      const { name, message, stack = '' } = error instanceof Error ? error : new Error(String(error))
      span.setAttribute('error.type', name)
      span.recordException({ name, message: redact(message), stack: redact(stack) })
    }
    if (!(error instanceof TicketingError) || error.isFault) span.setStatus({ code: SpanStatusCode.ERROR })
    throw error
  } finally {
    span.end()
  }
}
