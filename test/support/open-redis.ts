import type { ExecutionContext } from 'ava'
import { Cluster, Redis } from 'ioredis'
import { createRedis, type RedisClient } from '#shared/redis.ts'
import { parseRedisUrl } from '#shared/redis-url.ts'
import { createRecordedLog } from './recorded-log.ts'
import { until } from './until.ts'

/** A look of the test's own into a Redis or a Redis Cluster, with ioredis' usual patience. */
export function openRedis(url: string): Redis | Cluster {
  const place = parseRedisUrl(url)
  return place?.kind === 'cluster' ? new Cluster([...place.nodes]) : new Redis(url)
}

/** A client of the product's, once it is connected, and the messages of its log. It ends with the test. */
export async function readyClient(
  t: ExecutionContext,
  url: string,
): Promise<{ redis: RedisClient; messages: readonly string[] }> {
  const { log, messages } = createRecordedLog()
  const redis = createRedis({ url, name: 'test', log })
  t.teardown(() => redis.disconnect())
  await until('the client is connected', () => redis.status === 'ready')
  return { redis, messages }
}

/** The same, of one that logged no outage: on a busy machine a server may be so late that it counts as one. */
export async function quietClient(t: ExecutionContext, url: string): ReturnType<typeof readyClient> {
  let client = await readyClient(t, url)
  await until(
    'a client connects without an outage',
    async () => {
      if (client.messages.length > 0) client = await readyClient(t, url)
      return client.messages.length === 0
    },
    { timeoutMs: 30_000 },
  )
  return client
}
