import { z } from 'zod'

/*
 * What the OpenTelemetry collector, Jaeger and Tempo know of the settings that we use. Those programs are not run in tests: these
 * schemas stand in for their own reading, and refuse whatever they do not name.
 */

const duration = z.string().regex(/^\d+(ms|s|m|h)$/)
const address = z.string().regex(/^[\w.-]+:\d+$/, 'must be host:port')
const listening = z.strictObject({ endpoint: address })
const ids = z.array(z.string()).min(1)

const otlp = z.strictObject({ protocols: z.strictObject({ grpc: listening }) })
const batch = z.strictObject({
  timeout: duration,
  send_batch_size: z.int().optional(),
  send_batch_max_size: z.int().optional(),
})
const toStore = z.strictObject({
  endpoint: address,
  tls: z.strictObject({ insecure: z.boolean() }),
  timeout: duration,
  retry_on_failure: z.strictObject({ max_elapsed_time: duration }),
  sending_queue: z.strictObject({ queue_size: z.int() }),
})
const tracePipeline = z.strictObject({
  traces: z.strictObject({ receivers: ids, processors: ids, exporters: ids }),
})

export const collectorSchema = z.strictObject({
  receivers: z.strictObject({ otlp }),
  processors: z.strictObject({
    batch,
    memory_limiter: z.strictObject({
      check_interval: duration,
      limit_percentage: z.int().max(100),
      spike_limit_percentage: z.int().max(100),
    }),
  }),
  exporters: z.strictObject({ 'otlp_grpc/jaeger': toStore, 'otlp_grpc/tempo': toStore }),
  extensions: z.strictObject({ health_check: listening }),
  service: z.strictObject({
    extensions: ids,
    telemetry: z.strictObject({
      metrics: z.strictObject({
        readers: z.array(
          z.strictObject({
            pull: z.strictObject({
              exporter: z.strictObject({ prometheus: z.strictObject({ host: z.string(), port: z.int() }) }),
            }),
          }),
        ),
      }),
    }),
    pipelines: tracePipeline,
  }),
})

/** Jaeger 2 is a collector with components of its own. */
export const jaegerSchema = z.strictObject({
  receivers: z.strictObject({ otlp }),
  processors: z.strictObject({ batch }),
  exporters: z.strictObject({ jaeger_storage_exporter: z.strictObject({ trace_storage: z.string() }) }),
  extensions: z.strictObject({
    healthcheckv2: z.strictObject({ use_v2: z.literal(true), http: listening }),
    jaeger_storage: z.strictObject({
      backends: z.record(z.string(), z.strictObject({ memory: z.strictObject({ max_traces: z.int() }) })),
    }),
    jaeger_query: z.strictObject({ storage: z.strictObject({ traces: z.string() }), http: listening, grpc: listening }),
  }),
  service: z.strictObject({ extensions: ids, pipelines: tracePipeline }),
})

export const tempoSchema = z.strictObject({
  server: z.strictObject({ http_listen_port: z.int() }),
  distributor: z.strictObject({ receivers: z.strictObject({ otlp }) }),
  ingester: z.strictObject({ max_block_duration: duration }),
  compactor: z.strictObject({ compaction: z.strictObject({ block_retention: duration }) }),
  storage: z.strictObject({
    trace: z.strictObject({
      backend: z.literal('local'),
      wal: z.strictObject({ path: z.string() }),
      local: z.strictObject({ path: z.string() }),
    }),
  }),
  usage_report: z.strictObject({ reporting_enabled: z.boolean() }),
})

export type Collector = z.output<typeof collectorSchema>
export type Jaeger = z.output<typeof jaegerSchema>
export type Tempo = z.output<typeof tempoSchema>
