import type { ExecutionContext } from 'ava'
import { newId } from '#shared/ids.ts'
import type { RedisClient } from '#shared/redis.ts'
import { Queue } from '../../gateway/waiting-room/queue.ts'
import type { RoomSettings } from '../../gateway/waiting-room/scripts.ts'
import { openRedis } from './open-redis.ts'

/** The scripts of waiting rooms on a real Redis, until the test ends. */
export function openQueue(t: ExecutionContext, url: string): { queue: Queue; redis: RedisClient } {
  const redis = openRedis(url)
  t.teardown(() => redis.disconnect())
  return { queue: new Queue(redis), redis }
}

/** A buyer's name, as the scripts know it. */
export function callerNamed(number: number): Buffer {
  const caller = Buffer.alloc(12)
  caller.writeUInt32BE(number, 4)
  return caller
}

/** Lets buyers join a new room, while it calls nobody. Answers the id of its event. */
export async function roomWith(queue: Queue, joined: number, room: RoomSettings, now: number): Promise<string> {
  const eventId = newId()
  const paused: RoomSettings = { ...room, state: 'paused' }
  await queue.addBlock(eventId, { from: 0, to: 10_000 }, paused, now)
  for (let number = 1; number <= joined; number += 1) await queue.join(eventId, callerNamed(number), paused, now)
  return eventId
}
