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
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { ParentBasedSampler, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace'
import { TicketingError } from '#shared/errors.ts'

/*
 * Spans are written by hand: automatic instrumentation costs nearly three times the request, even when only one in a
 * hundred is sampled. The exporter reads OTEL_EXPORTER_OTLP_ENDPOINT (default http://localhost:4317), and the SDK stays
 * off with OTEL_SDK_DISABLED=true.
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

export interface TracingOptions {
  readonly serviceName: string
  readonly instance: string
  /** Share of new traces that are recorded, 0 to 1. A trace that came in sampled is always followed. */
  readonly sampleRatio: number
}

/** Starts the export of spans over OTLP gRPC. The answer flushes what is left and stops it, within two seconds. */
export function startTracing({ serviceName, instance, sampleRatio }: TracingOptions): () => Promise<void> {
  const sdk = new NodeSDK({
    resource: resourceFromAttributes({ 'service.name': serviceName, 'service.instance.id': instance }),
    autoDetectResources: false,
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampleRatio) }),
    traceExporter: new OTLPTraceExporter({ timeoutMillis: 2_000 }),
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [],
  })
  sdk.start()
  return async () => {
    const patience = new Promise<void>((resolve) => setTimeout(resolve, 2_000).unref())
    await Promise.race([sdk.shutdown().catch(() => undefined), patience])
  }
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
