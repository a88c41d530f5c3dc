import type { ServerNode } from '../../infra/system/server-node.ts'
import { readTestConfig } from './config.ts'
import type { Kind } from './process.ts'
import { startSingleRedis, startTestRedisCluster, startTestRedisSentinel } from './servers.ts'

/** Redis as a whole system uses it. */
export interface SystemRedis {
  /** What a process finds as REDIS_URL. */
  urlFor(kind: Kind): string
  /** The one server that knows what the gateways keep. */
  readonly url: string
  /** All of it is gone from one moment to the next. `stop` is still needed afterwards. */
  kill(): Promise<void>
  stop(): Promise<void>
}

/** One Redis for all; on clusters the gateways find theirs by Sentinels, and the booking workers have a Redis Cluster. */
export async function startSystemRedis(): Promise<SystemRedis> {
  if (readTestConfig().topology === 'single') {
    const { url, kill, stop } = await startSingleRedis()
    return { urlFor: () => url, url, kill, stop }
  }
  const [sentinel, cluster] = await Promise.all([startTestRedisSentinel(), startTestRedisCluster()])
  const nodes: readonly ServerNode[] = [...sentinel.group.sentinels, ...sentinel.group.servers, ...cluster.group.nodes]
  return {
    urlFor: (kind) => (kind === 'gateway' ? sentinel.group.url : cluster.group.url),
    url: (await sentinel.group.master()).url,
    async kill() {
      await Promise.all(nodes.map((node) => node.kill()))
    },
    async stop() {
      await Promise.all([sentinel.stop(), cluster.stop()])
    },
  }
}
