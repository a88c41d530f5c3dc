import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { z } from 'zod'
import { projectRoot } from '../../../infra/config.ts'
import type { ComposeFile } from './compose-file.ts'
import {
  type Collector,
  collectorSchema,
  type Jaeger,
  jaegerSchema,
  type Tempo,
  tempoSchema,
} from './telemetry-schemas.ts'
import { unless } from './unless.ts'

/** The files that say where spans go, below `infra/`. */
export const telemetryFiles = ['otel-collector/collector.yaml', 'jaeger/jaeger.yaml', 'tempo/tempo.yaml'] as const

export type TelemetryTexts = Readonly<Record<(typeof telemetryFiles)[number], string>>

/** All of them as they are written. */
export function telemetryTexts(): TelemetryTexts {
  const texts = telemetryFiles.map((name) => [name, readFileSync(join(projectRoot, 'infra', name), 'utf8')])
  return Object.fromEntries(texts) as TelemetryTexts
}

/** Everything that is wrong with each file, and with how they and the compose file fit together. */
export function telemetryFaults(texts: TelemetryTexts, compose: ComposeFile): string[] {
  const faults: string[] = []
  const read = <Schema extends z.ZodType>(name: keyof TelemetryTexts, schema: Schema): z.output<Schema> | undefined => {
    const { data, error } = schema.safeParse(parse(texts[name]))
    for (const { path, message } of error?.issues ?? []) faults.push(`${name}: ${path.join('.')}: ${message}`)
    return data
  }
  const collector = read('otel-collector/collector.yaml', collectorSchema)
  const jaeger = read('jaeger/jaeger.yaml', jaegerSchema)
  const tempo = read('tempo/tempo.yaml', tempoSchema)
  if (!collector || !jaeger || !tempo) return faults
  return [
    ...collectorFaults(collector, { jaeger, tempo, compose }).map((fault) => `collector.yaml: ${fault}`),
    ...jaegerFaults(jaeger, compose).map((fault) => `jaeger.yaml: ${fault}`),
    ...tempoFaults(tempo, compose).map((fault) => `tempo.yaml: ${fault}`),
  ]
}

interface Around {
  readonly jaeger: Jaeger
  readonly tempo: Tempo
  readonly compose: ComposeFile
}

function collectorFaults(config: Collector, { jaeger, tempo, compose }: Around): string[] {
  const receiving: Record<string, string> = {
    jaeger: `jaeger:${receivedOn(jaeger)}`,
    tempo: `tempo:${receivedOn(tempo.distributor)}`,
  }
  const sent = compose.services.gateway?.environment?.OTEL_EXPORTER_OTLP_ENDPOINT
  return [
    ...wiringFaults(config),
    ...unless(sent === `http://otel-collector:${receivedOn(config)}`, `does not listen where processes send: ${sent}`),
    ...Object.values(config.exporters)
      .filter(({ endpoint }) => receiving[endpoint.split(':')[0] ?? ''] !== endpoint)
      .map(({ endpoint }) => `nobody receives spans at ${endpoint}`),
    ...unless(config.service.pipelines.traces.processors[0] === 'memory_limiter', 'may run out of memory'),
  ]
}

function jaegerFaults(config: Jaeger, compose: ComposeFile): string[] {
  const { healthcheckv2, jaeger_query: query, jaeger_storage: storage } = config.extensions
  const { ports = [], healthcheck } = compose.services.jaeger ?? {}
  const stores = [config.exporters.jaeger_storage_exporter.trace_storage, query.storage.traces]
  const asked = healthcheck?.test.map((part) => /^http:\/\/127\.0\.0\.1:(\d+)\//.exec(part)?.[1])
  return [
    ...wiringFaults(config),
    ...stores.filter((store) => !(store in storage.backends)).map((store) => `there is no store ${store}`),
    ...unless(
      ports.some(({ target }) => target === portOf(query.http)),
      'compose does not publish its page',
    ),
    ...unless(asked?.includes(String(portOf(healthcheckv2.http))) === true, 'its health check asks another port'),
  ]
}

/** What it keeps must lie on its volume. */
function tempoFaults({ server, distributor, storage: { trace } }: Tempo, compose: ComposeFile): string[] {
  const { volumes = [], expose = [] } = compose.services.tempo ?? {}
  const kept = volumes.filter(({ type }) => type === 'volume')
  return [
    ...[trace.wal.path, trace.local.path]
      .filter((path) => !kept.some(({ target }) => path.startsWith(`${target}/`)))
      .map((path) => `${path} is on no volume`),
    ...[server.http_listen_port, receivedOn(distributor)]
      .filter((port) => !expose.includes(String(port)))
      .map((port) => `compose does not expose port ${port}`),
  ]
}

/** Whatever a pipeline refers to must be declared, and whatever is declared must be used. */
function wiringFaults({ service, ...declarations }: Collector | Jaeger): string[] {
  const used = { ...service.pipelines.traces, extensions: service.extensions }
  const parts = ['receivers', 'processors', 'exporters', 'extensions'] as const
  return parts.flatMap((part) => {
    const declared = Object.keys(declarations[part])
    return [
      ...used[part].filter((id) => !declared.includes(id)).map((id) => `${id} is not among the ${part}`),
      ...declared.filter((id) => !used[part].includes(id)).map((id) => `${id} of the ${part} is not used`),
    ]
  })
}

function receivedOn({ receivers }: Pick<Collector, 'receivers'>): number {
  return portOf(receivers.otlp.protocols.grpc)
}

function portOf({ endpoint }: { endpoint: string }): number {
  return Number(endpoint.split(':')[1])
}
