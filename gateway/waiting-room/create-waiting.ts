import type Logger from 'bunyan'
import type { Bus } from '#shared/messaging/bus.ts'
import type { Metrics } from '#shared/observability/metrics.ts'
import { queuePasses } from '#shared/queue-pass.ts'
import type { RedisClient } from '#shared/redis.ts'
import { Draws } from './draws.ts'
import { LiveRooms } from './live-rooms.ts'
import type { BookingLoad } from './load.ts'
import { RoomMetrics } from './metrics.ts'
import { PlaceIds } from './place-id.ts'
import { Queue } from './queue.ts'
import { Sessions } from './sessions.ts'
import { WaitingRooms } from './waiting-rooms.ts'

interface Parts {
  /** Signs places and passes; the same for all gateways and booking workers. */
  readonly secret: string
  readonly redis: RedisClient
  readonly bus: Bus
  /** The load as this gateway sees it. */
  readonly load: BookingLoad
  readonly metrics: Metrics
  readonly log: Logger
  /** Name of this gateway. */
  readonly instance: string
}

/** The waiting rooms of all events, and the sessions of admitted buyers. */
export interface Waiting {
  readonly rooms: WaitingRooms
  readonly sessions: Sessions
}

/** Creates the waiting rooms of one gateway. `secret` signs places and passes. */
export function createWaiting({ secret, redis, bus, load, log, instance, ...parts }: Parts): Waiting {
  const queue = new Queue(redis)
  const metrics = new RoomMetrics(parts.metrics)
  const draws = new Draws({ queue, bus, log })
  const common = {
    ...{ queue, bus, metrics },
    live: new LiveRooms({ queue, bus, draws, load, metrics, instance }),
    placeIds: new PlaceIds(secret),
  }
  return { rooms: new WaitingRooms(common), sessions: new Sessions({ ...common, passes: queuePasses(secret) }) }
}
