import { type NatsCluster, startNatsCluster } from '../../../infra/system/clusters/nats-cluster.ts'
import { newNatsPasswords } from '../../../infra/system/servers/nats-users.ts'
import { PostgresPair } from '../../../infra/system/clusters/postgres-standby.ts'
import { type RedisCluster, startRedisCluster } from '../../../infra/system/clusters/redis-cluster.ts'
import { type RedisSentinel, startRedisSentinel } from '../../../infra/system/clusters/redis-sentinel.ts'
import { natsEnvironment } from '../../support/nats-environment.ts'
import type { Kind } from '../../support/process.ts'
import { FaultProxy } from '../proxy.ts'
import type { ChaosServers, ServerName } from './chaos-servers.ts'

/**
 * Three NATS servers, a Redis Cluster for the booking workers, Sentinels for the gateways, and a Postgres with a synchronous
 * standby. Clients know all nodes of each but of Postgres: there a proxy leads to whichever is the primary.
 */
export class ClusterServers implements ChaosServers {
  readonly proxied = ['postgres'] as const
  readonly nats: NatsCluster
  readonly redisCluster: RedisCluster
  readonly sentinels: RedisSentinel
  readonly postgres: PostgresPair
  /** Of our own sessions, which no fault of an edge touches. */
  readonly #way: FaultProxy

  private constructor(parts: Parts, way: FaultProxy) {
    this.nats = parts.nats
    this.redisCluster = parts.redisCluster
    this.sentinels = parts.sentinels
    this.postgres = parts.postgres
    this.#way = way
  }

  static async start(directory: string): Promise<ClusterServers> {
    const options = { dataDirectory: directory }
    const starts = {
      nats: startNatsCluster({ ...options, passwords: newNatsPasswords() }),
      redisCluster: startRedisCluster(options),
      sentinels: startRedisSentinel(options),
      postgres: PostgresPair.start({ ...options, durable: true }),
    }
    const outcomes = await Promise.allSettled(Object.values(starts))
    const failure = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failure !== undefined) {
      await Promise.all(outcomes.map((outcome) => outcome.status === 'fulfilled' && outcome.value.stop()))
      throw failure.reason
    }
    const postgres = await starts.postgres
    const way = await FaultProxy.start({ targetPort: () => postgres.primary.port, replies: 'to client' })
    return new ClusterServers(
      { nats: await starts.nats, redisCluster: await starts.redisCluster, sentinels: await starts.sentinels, postgres },
      way,
    )
  }

  get natsUrl(): string {
    return this.nats.urls.operator
  }

  get databaseUrl(): string {
    const url = new URL(this.postgres.primary.url)
    url.port = String(this.#way.port)
    return url.href
  }

  portOf(server: ServerName): number {
    if (server !== 'postgres') throw new Error(`${server} has many addresses`)
    return this.postgres.primary.port
  }

  urlsFor(kind: Kind): Record<string, string> {
    return {
      ...natsEnvironment(kind, this.nats.urls),
      REDIS_URL: kind === 'gateway' ? this.sentinels.url : this.redisCluster.url,
    }
  }

  async stop(): Promise<void> {
    await this.#way.close()
    await Promise.all([this.nats, this.redisCluster, this.sentinels, this.postgres].map((part) => part.stop()))
  }
}

type Parts = Pick<ClusterServers, 'nats' | 'redisCluster' | 'sentinels' | 'postgres'>
