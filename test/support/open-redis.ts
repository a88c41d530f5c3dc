import { Cluster, Redis } from 'ioredis'
import { parseRedisUrl } from '#shared/redis-url.ts'

/** A look of the test's own into a Redis or a Redis Cluster, with ioredis' usual patience. */
export function openRedis(url: string): Redis | Cluster {
  const place = parseRedisUrl(url)
  return place?.kind === 'cluster' ? new Cluster([...place.nodes]) : new Redis(url)
}
