import { configurationHere } from '../../infra/deploy/prometheus/on-this-machine.ts'
import type { Server } from '../../infra/system/server.ts'
import { startPrometheus } from '../../infra/system/servers/prometheus.ts'
import type { Kind } from './process.ts'
import { createTestDirectory } from './servers.ts'
import type { System } from './system.ts'

/** As four of them run together: both local ones read the system, both global ones federate from both local ones. */
export interface PrometheusServers {
  readonly locals: readonly [Server, Server]
  readonly globals: readonly [Server, Server]
  stop(): Promise<void>
}

/** One value of an instant query. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const intervalSeconds = 1

/** By what name and port the committed configuration knows each kind of process that it reads. */
const services: Partial<Record<Kind, string>> = {
  gateway: 'gateway:9464',
  event: 'event-worker:9464',
  booking: 'booking-worker:9464',
  purchase: 'purchase-worker:9464',
  audit: 'auditor:9464',
}

/** Starts four Prometheus processes on the committed configuration, with the addresses of a system's processes in it. */
export async function startPrometheusServers(system: System): Promise<PrometheusServers> {
  const addresses = new Map<string, string[]>(
    Object.entries(services).map(([kind, service]) => [
      service,
      system.processes(kind as Kind).map(({ metricsUrl }) => new URL(metricsUrl).host),
    ]),
  )
  const started: Server[] = []
  const start = async (name: 'local' | 'global', number: number): Promise<Server> => {
    const addressesOf = (service: string): string[] => {
      const found = addresses.get(service)
      if (!found) throw new Error(`${name}.yml names ${service}, which is not here`)
      return found
    }
    const server = await startPrometheus({
      configuration: await configurationHere(name, { addressesOf, intervalSeconds }),
      environment: { [name === 'local' ? 'REPLICA' : 'GLOBAL_REPLICA']: `${name}-${number}` },
      dataDirectory: await createTestDirectory('prometheus'),
    })
    started.push(server)
    return server
  }
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((server) => server.stop()))
  }
  try {
    const locals = await Promise.all([start('local', 1), start('local', 2)])
    locals.forEach(({ url }, index) => {
      addresses.set(`prometheus-local-${index + 1}:9090`, [new URL(url).host])
    })
    return { locals, globals: await Promise.all([start('global', 1), start('global', 2)]), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** What a Prometheus answers to an expression; throws with its words when it refuses it. */
export async function query({ url }: Pick<Server, 'url'>, expression: string, atSeconds?: number): Promise<Sample[]> {
  const data = await askPrometheus<{ result: { metric: Record<string, string>; value: [number, string] }[] }>(
    url,
    'query',
    { query: expression, ...(atSeconds !== undefined && { time: String(atSeconds) }) },
  )
  return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }))
}

/** The data of any answer of Prometheus' HTTP API. */
export async function askPrometheus<Data>(
  baseUrl: string,
  endpoint: string,
  parameters: Record<string, string> = {},
): Promise<Data> {
  const response = await fetch(`${baseUrl}/api/v1/${endpoint}?${new URLSearchParams(parameters)}`, {
    signal: AbortSignal.timeout(10_000),
  })
  const answer = (await response.json()) as { data: Data; error?: string }
  if (!response.ok) throw new Error(`${answer.error}: ${JSON.stringify(parameters)}`)
  return answer.data
}

export interface Exemplars {
  readonly seriesLabels: Readonly<Record<string, string>>
  readonly exemplars: readonly { readonly labels: Readonly<Record<string, string>> }[]
}

/** The exemplars of a histogram's last ten minutes. */
export function exemplarsOf(baseUrl: string, histogram: string): Promise<Exemplars[]> {
  const now = Date.now() / 1_000
  const period = { start: String(now - 600), end: String(now) }
  return askPrometheus<Exemplars[]>(baseUrl, 'query_exemplars', { query: `${histogram}_bucket`, ...period })
}

/** Those of these metrics that a Prometheus has no series of. */
export async function unknownMetrics({ url }: Server, names: readonly string[]): Promise<string[]> {
  const known = new Set(await askPrometheus<string[]>(url, 'label/__name__/values'))
  return [...new Set(names)].filter((name) => !known.has(name))
}
