import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-grpc'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { AlwaysOnSampler } from '@opentelemetry/sdk-trace'
import { recordTraces } from './tracing.ts'

export interface TracingOptions {
  readonly serviceName: string
  readonly instance: string
  /** Share of new traces that are recorded, 0 to 1. A trace that came in sampled is always followed. */
  readonly sampleRatio: number
  /** Who takes spans, by OTLP over gRPC; default http://localhost:4317. */
  readonly endpoint?: string | undefined
}

/** Starts the export of spans. The answer flushes what is left and stops it, within two seconds. */
export function exportSpans({ serviceName, instance, endpoint }: TracingOptions): () => Promise<void> {
  const sdk = new NodeSDK({
    resource: resourceFromAttributes({ 'service.name': serviceName, 'service.instance.id': instance }),
    autoDetectResources: false,
    // `tracing.ts` decides, before there is a span.
    sampler: new AlwaysOnSampler(),
    traceExporter: new OTLPTraceExporter({ timeoutMillis: 2_000, ...(endpoint !== undefined && { url: endpoint }) }),
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [],
  })
  sdk.start()
  recordTraces()
  return async () => {
    const patience = new Promise<void>((resolve) => setTimeout(resolve, 2_000).unref())
    await Promise.race([sdk.shutdown().catch(() => undefined), patience])
  }
}
