import { configurationHere } from '../prometheus/on-this-machine.ts'
import { isPortFree } from '../servers/free-port.ts'
import { startPrometheus } from '../servers/prometheus.ts'
import type { Server, ServerOptions } from '../servers/server.ts'
import type { ChildPlan } from './child.ts'

/** Where processes tell what they count: `host:port` by the name of the job, such as `event-worker`. */
export type MetricsAddresses = ReadonlyMap<string, readonly string[]>

const preferredPort = 9091
const intervalSeconds = 2

/** Those of workers and auditor, and of the gateways, which tell it on the port that they serve. */
export function metricsAddresses(backstage: readonly ChildPlan[], gateways: readonly string[]): MetricsAddresses {
  const watched = backstage.filter(({ metricsPort }) => metricsPort !== undefined)
  const byJob = Map.groupBy(watched, ({ name }) => name.replace(' ', '-'))
  const addresses = [...byJob].map(
    ([job, plans]) => [job, plans.map(({ metricsPort }) => `127.0.0.1:${metricsPort}`)] as const,
  )
  return new Map([...addresses, ['gateway', gateways.map((url) => new URL(url).host)]])
}

/** A Prometheus that reads them, with our rules and alerts, on the port of the first local one where that is free. */
export async function startObservation(addresses: MetricsAddresses, options: ServerOptions): Promise<Server> {
  const configuration = await configurationHere('local', {
    addressesOf: (service) => addresses.get(service.split(':')[0] ?? '') ?? [],
    intervalSeconds,
  })
  const isFree = await isPortFree({ host: '127.0.0.1', port: preferredPort })
  return startPrometheus({
    configuration,
    environment: { REPLICA: 'local-1' },
    ...(isFree && { port: preferredPort }),
    ...options,
  })
}
