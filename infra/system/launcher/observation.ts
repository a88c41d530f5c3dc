import type { StartedByHand } from '#shared/process/started-by-hand.ts'
import { configurationHere } from '../../deploy/prometheus/on-this-machine.ts'
import type { Application } from '../application.ts'
import { isPortFree } from '../free-port.ts'
import type { ServerOptions } from '../server.ts'
import { type PrometheusServer, startPrometheus } from '../servers/prometheus.ts'

/** Addresses of `/metrics`: `host:port` by the name of the job, such as `event-worker`. */
export type MetricsAddresses = ReadonlyMap<string, readonly string[]>

const preferredPort = 9091
const intervalSeconds = 2

export interface Watched {
  /** All of ours. */
  readonly processes: readonly Application[]
  /** Base URLs; a gateway has its metrics on the port that it serves. */
  readonly gateways: readonly string[]
  readonly startedByHand: readonly StartedByHand[]
}

/** Where to read the metrics of all of them. */
export function metricsAddresses({ processes, gateways, startedByHand }: Watched): MetricsAddresses {
  const others = processes.filter(({ kind, metricsUrl }) => !kind.listens && metricsUrl !== '')
  const all = [
    ...others.map(({ kind, metricsUrl }) => ({ job: kind.title.replace(' ', '-'), address: new URL(metricsUrl).host })),
    ...gateways.map((url) => ({ job: 'gateway', address: new URL(url).host })),
    ...startedByHand.flatMap(({ name, metrics_url }) =>
      metrics_url === undefined ? [] : { job: name, address: new URL(metrics_url).host },
    ),
  ]
  const byJob = Map.groupBy(all, ({ job }) => job)
  return new Map([...byJob].map(([job, those]) => [job, those.map(({ address }) => address)]))
}

/** A Prometheus that reads them, with our rules and alerts, on the port of the first local one where that is free. */
export async function startObservation(addresses: MetricsAddresses, options: ServerOptions): Promise<PrometheusServer> {
  const configuration = await configurationFor(addresses)
  const isFree = await isPortFree({ host: '127.0.0.1', port: preferredPort })
  return startPrometheus({
    configuration,
    environment: { REPLICA: 'local-1' },
    ...(isFree && { port: preferredPort }),
    ...options,
  })
}

/** The text of a configuration that reads these. */
export function configurationFor(addresses: MetricsAddresses): Promise<string> {
  return configurationHere('local', {
    addressesOf: (service) => addresses.get(service.split(':')[0] ?? '') ?? [],
    intervalSeconds,
  })
}
