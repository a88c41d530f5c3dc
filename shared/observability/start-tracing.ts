import { setTimeout as pause } from 'node:timers/promises'
import type { SpanExporter } from '@opentelemetry/sdk-trace'
import type Logger from 'bunyan'
import { recordTraces, sampleNewTraces } from './tracing.ts'

interface TracingOptions {
  readonly serviceName: string
  readonly instance: string
  /** Share of new traces that are recorded, 0 to 1. A trace that arrives sampled is always recorded. */
  readonly sampleRatio: number
  /** Samples for the log, but exports no spans. */
  readonly disabled: boolean
  /** Receiver of spans, OTLP over gRPC. Without one and without `directory`: http://localhost:4317. */
  readonly endpoint?: string | undefined
  /** Takes the spans as files where there is no `endpoint`. */
  readonly directory?: string | undefined
  readonly log: Logger
}

const exportTimeoutMs = 2_000

/** Starts sampling and the export of spans. The returned function flushes and stops the export within two seconds. */
export async function startTracing(options: TracingOptions): Promise<() => Promise<void>> {
  const { serviceName, instance, sampleRatio, disabled } = options
  sampleNewTraces(sampleRatio)
  if (disabled) return async () => undefined
  // Loaded on demand: the SDK takes half of a process's startup.
  const [traceExporter, { resourceFromAttributes }, { NodeSDK }, { AlwaysOnSampler }] = await Promise.all([
    exporterOf(options),
    import('@opentelemetry/resources'),
    import('@opentelemetry/sdk-node'),
    import('@opentelemetry/sdk-trace'),
  ])
  const sdk = new NodeSDK({
    resource: resourceFromAttributes({ 'service.name': serviceName, 'service.instance.id': instance }),
    autoDetectResources: false,
    // `tracing.ts` samples before it makes a span.
    sampler: new AlwaysOnSampler(),
    traceExporter,
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [],
  })
  sdk.start()
  recordTraces()
  return async () => {
    const timeout = pause(exportTimeoutMs, undefined, { ref: false })
    await Promise.race([sdk.shutdown().catch(() => undefined), timeout])
  }
}

async function exporterOf({ endpoint, directory, ...options }: TracingOptions): Promise<SpanExporter> {
  if (endpoint === undefined && directory !== undefined) {
    const { SpanFileExporter } = await import('./span-file-exporter.ts')
    return new SpanFileExporter({ ...options, directory })
  }
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-grpc')
  return new OTLPTraceExporter({ timeoutMillis: exportTimeoutMs, ...(endpoint !== undefined && { url: endpoint }) })
}
