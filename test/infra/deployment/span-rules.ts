import type { ComposeFile } from './compose-file.ts'
import { unless } from './unless.ts'

/** Collector, Jaeger (a collector with more components) and Tempo, below `infra/`. */
export const spanFiles = ['otel-collector/collector.yaml', 'jaeger/jaeger.yaml', 'tempo/tempo.yaml'] as const

interface Listening {
  readonly endpoint: string
}

interface Receiving {
  readonly receivers: { readonly otlp: { readonly protocols: { readonly grpc: Listening } } }
}

type Parts = 'receivers' | 'processors' | 'exporters' | 'extensions'

interface Pipeline extends Receiving, Record<Exclude<Parts, 'receivers'>, object> {
  readonly service: {
    readonly extensions: readonly string[]
    readonly pipelines: { readonly traces: Readonly<Record<Exclude<Parts, 'extensions'>, readonly string[]>> }
  }
}

export interface SpanFiles {
  readonly collector: Pipeline & { readonly exporters: Readonly<Record<string, Listening>> }
  readonly jaeger: Pipeline & {
    readonly exporters: { readonly jaeger_storage_exporter: { readonly trace_storage: string } }
    readonly extensions: {
      readonly healthcheckv2: { readonly http: Listening }
      readonly jaeger_storage: { readonly backends: object }
      readonly jaeger_query: { readonly storage: { readonly traces: string }; readonly http: Listening }
    }
  }
  readonly tempo: {
    readonly server: { readonly http_listen_port: number }
    readonly distributor: Receiving
    readonly storage: { readonly trace: Readonly<Record<'wal' | 'local', { readonly path: string }>> }
  }
  readonly compose: ComposeFile
}

/** Where spans get lost between the processes and the two stores, as far as the files tell. */
export function spanFaults({ collector, jaeger, tempo, compose: { services } }: SpanFiles): string[] {
  const receivers = [
    `otel-collector:${received(collector)}`,
    `jaeger:${received(jaeger)}`,
    `tempo:${received(tempo.distributor)}`,
  ]
  const sent = [
    new URL(services.gateway?.environment?.OTEL_EXPORTER_OTLP_ENDPOINT ?? '').host,
    ...Object.values(collector.exporters).map(({ endpoint }) => endpoint),
  ]
  const { healthcheckv2, jaeger_query: query, jaeger_storage: storage } = jaeger.extensions
  const stores = [jaeger.exporters.jaeger_storage_exporter.trace_storage, query.storage.traces]
  const pages = services.jaeger?.ports?.map(({ target }) => target) ?? []
  const asked = services.jaeger?.healthcheck?.test.some((part) => part.includes(`:${portOf(healthcheckv2.http)}/`))
  const kept = (services.tempo?.volumes ?? []).filter(({ type }) => type === 'volume')
  const { wal, local } = tempo.storage.trace
  return [
    ...[collector, jaeger].flatMap(wiringFaults),
    ...sent.filter((place) => !receivers.includes(place)).map((place) => `nobody receives spans at ${place}`),
    ...unless(
      collector.service.pipelines.traces.processors[0] === 'memory_limiter',
      'the collector may run out of memory',
    ),
    ...stores.filter((store) => !(store in storage.backends)).map((store) => `there is no store ${store}`),
    ...unless(pages.includes(portOf(query.http)), 'Jaeger does not publish its page'),
    ...unless(asked === true, "Jaeger's health check asks another port"),
    ...[wal.path, local.path]
      .filter((path) => !kept.some(({ target }) => path.startsWith(`${target}/`)))
      .map((path) => `${path} is on no volume`),
    ...[tempo.server.http_listen_port, received(tempo.distributor)]
      .filter((port) => !services.tempo?.expose?.includes(String(port)))
      .map((port) => `Tempo does not expose port ${port}`),
  ]
}

/** Whatever a pipeline refers to must be declared, and whatever is declared must be used. */
function wiringFaults({ service, ...declarations }: Pipeline): string[] {
  const used = { ...service.pipelines.traces, extensions: service.extensions }
  return (['receivers', 'processors', 'exporters', 'extensions'] as const).flatMap((part) => {
    const declared = Object.keys(declarations[part])
    return [
      ...used[part].filter((id) => !declared.includes(id)).map((id) => `${id} is not among the ${part}`),
      ...declared.filter((id) => !used[part].includes(id)).map((id) => `${id} of the ${part} is not used`),
    ]
  })
}

function received({ receivers }: Receiving): number {
  return portOf(receivers.otlp.protocols.grpc)
}

function portOf({ endpoint }: Listening): number {
  return Number(endpoint.split(':')[1])
}
