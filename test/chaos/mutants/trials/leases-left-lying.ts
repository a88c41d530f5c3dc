import { randomUUID } from 'node:crypto'
import { openRedis } from '../../../support/open-redis.ts'
import { until } from '../../../support/until.ts'
import { limitsHold } from '../../checks/admissions.ts'
import { History } from '../../history.ts'
import { LimitedGateway } from './limited-gateway.ts'
import type { Trial } from './trial.ts'

const limit = { max: 4_000, windowMs: 40_000 }
const gatewayCount = 4
/** With this request a gateway that has been asked once has just taken 18 tokens at once, an eighth of what it had used. */
const enoughForLeases = 137
/** What was taken grows again in some 6 s, once the leases have lapsed. */
const fullWithinMs = 20_000

const tries = 3

/** Gateways stand still with leases in hand until the bucket is full again: those are not on top of it. */
export const leasesLeftLying: Trial = async ({ redisUrl }) => {
  for (let tried = 0; tried < tries; tried += 1) {
    const found = await takeAllAfterLeases(redisUrl)
    if (found !== 'alone') return found
  }
  throw new Error(`the machine was so slow that gateways decided alone, ${tries} times`)
}

/** `alone`: Redis was too slow for a gateway, which then has a bucket of its own. */
async function takeAllAfterLeases(redisUrl: string): Promise<string[] | 'alone'> {
  const history = new History()
  const parts = { redisUrl, caller: randomUUID(), limit, history }
  const gateways = Array.from({ length: gatewayCount }, (_, gateway) => new LimitedGateway({ ...parts, gateway }))
  const redis = openRedis(redisUrl)
  try {
    for (const gateway of gateways) await gateway.untilTogether()
    for (const gateway of gateways) await gateway.takeAtMost(enoughForLeases)
    await until('the bucket is full', async () => (await redis.exists(parts.caller)) === 0, { timeoutMs: fullWithinMs })
    for (const gateway of gateways) await gateway.takeAtMost(limit.max)
    return gateways.some(({ alone }) => alone > 0) ? 'alone' : limitsHold({ history, faults: [] }, limit)
  } finally {
    redis.disconnect()
    for (const gateway of gateways) gateway.close()
  }
}
