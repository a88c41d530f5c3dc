import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort, freePorts } from '../free-port.ts'
import { type Server, startAll, stopAll } from '../server.ts'
import { startNatsNode } from '../servers/nats.ts'
import {
  type NatsPasswords,
  type NatsUrls,
  natsUrls,
  newNatsPassword,
  passwordVariables,
} from '../servers/nats-users.ts'

interface Options {
  /** Takes a folder for each node. */
  readonly dataDirectory: string
  readonly passwords: NatsPasswords
}

/** Three private NATS servers on `infra/deploy/nats/cluster.conf`, which go on while two of them run. */
export interface NatsCluster {
  /** Each names all nodes. */
  readonly urls: NatsUrls
  /** By the names that the cluster has for them. */
  readonly nodes: readonly Server[]
  stop(): Promise<void>
}

const nodeNames = ['nats-1', 'nats-2', 'nats-3']
const attempts = 4
const askMs = 1_000

/** Resolves when all nodes know each other. When one cannot be started, none is left. */
export async function startNatsCluster(options: Options): Promise<NatsCluster> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnFreePorts(options)
    } catch (error) {
      // Nodes that meet for the first time may leave one out for good, and another program may have taken a port: those
      // between the nodes must be known before the first one starts.
      if (attempt === attempts) throw error
      for (const name of nodeNames) await rm(join(options.dataDirectory, name), { recursive: true, force: true })
    }
  }
}

async function startOnFreePorts({ dataDirectory, passwords }: Options): Promise<NatsCluster> {
  const clusterPorts = await freePorts(nodeNames.length)
  const nodePassword = newNatsPassword()
  const routes = clusterPorts.map((port) => `nats-route://node:${nodePassword}@127.0.0.1:${port}`)
  const starts = clusterPorts.map(async (clusterPort, index) => {
    const name = nodeNames[index] ?? ''
    const serverName = `${name}-${randomUUID()}`
    const monitoringPort = await freePort()
    return startNatsNode({
      dataDirectory: join(dataDirectory, name),
      name: serverName,
      configFile: 'cluster.conf',
      serverName,
      environment: {
        ...passwordVariables(passwords),
        NATS_PASSWORD_CLUSTER: nodePassword,
        NATS_CLUSTER_ROUTES: JSON.stringify(routes),
        NATS_SERVER_NAME: serverName,
        NATS_CLUSTER_LISTEN: `127.0.0.1:${clusterPort}`,
      },
      monitoringPort,
      // When it is part of a cluster that has a leader, and holds what the others hold.
      isReady: () => hasJoined(monitoringPort),
      readyWithinMs: 10_000,
    })
  })
  const nodes = await startAll(starts)
  const address = nodes.map(({ url }) => url).join(',')
  return { urls: natsUrls(address, passwords), nodes, stop: () => stopAll(nodes) }
}

/** Whether JetStream has caught up with the others, and counts all of them. */
async function hasJoined(monitoringPort: number): Promise<boolean> {
  const health = await ask(monitoringPort, 'healthz')
  const { meta_cluster } = await ask(monitoringPort, 'jsz')
  // Only the leader lists the others.
  const { cluster_size = 0, replicas } = meta_cluster ?? {}
  const others = replicas?.length ?? nodeNames.length - 1
  return health.status === 'ok' && cluster_size === nodeNames.length && others === nodeNames.length - 1
}

interface NodeReport {
  readonly status?: string
  readonly meta_cluster?: { readonly cluster_size?: number; readonly replicas?: readonly unknown[] }
}

async function ask(monitoringPort: number, what: 'healthz' | 'jsz'): Promise<NodeReport> {
  const url = `http://127.0.0.1:${monitoringPort}/${what}`
  const response = await fetch(url, { signal: AbortSignal.timeout(askMs) })
  return (await response.json()) as NodeReport
}
