import '../support/few-at-a-time.ts'
import { setTimeout as pause } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import type { Limit } from '../../gateway/limits/local-bucket.ts'
import { randomNumbers } from '../../infra/random-numbers.ts'
import { worstExcess } from '../support/admissions.ts'
import { forFile } from '../support/for-file.ts'
import { openRedis } from '../support/open-redis.ts'
import { startTestRedis } from '../support/servers.ts'
import { type GatewayOptions, type LimitingGateway, openGateways, untilLeaseOf } from '../support/shared-limits.ts'
import { until } from '../support/until.ts'

/* In any t ms at most max + max * t / window requests are admitted, by four gateways and with leases lying about. */

const server = forFile(() => startTestRedis())

/**
 * By how many requests the worst interval is above the bound. A request counts when it was let in, but Redis counted it up to one
 * round trip before: by what may have grown meanwhile, intervals of this clock may be above.
 */
function excessOf(gateways: readonly LimitingGateway[], admittedAt: readonly number[], limit: Limit): number {
  const slowestMs = Math.max(...gateways.map((gateway) => gateway.slowestGrantMs()))
  return worstExcess(admittedAt, limit) - (slowestMs * limit.max) / limit.windowMs
}

/**
 * Lets each of four gateways take a lease and leave it, waits until all have lapsed, fills the bucket up and asks for everything.
 * Answers by how many requests that is too much.
 */
async function burstAfterLeases(t: ExecutionContext, caller: string, options?: GatewayOptions): Promise<number> {
  const four = await openGateways(4, t, server.url, options)
  const redis = openRedis(server.url)
  t.teardown(() => redis.disconnect())
  const limit = { max: 4_000, windowMs: 400_000 }
  for (const gateway of four) await untilLeaseOf(20, gateway, () => gateway.ask(caller, limit))
  await until('the leases have lapsed', async () => {
    const [, , , frozenUntil] = JSON.parse((await redis.get(caller)) ?? '[0, 0, 0, 0]')
    return frozenUntil < Date.now()
  })
  // Full is what it is when it is gone.
  await redis.del(caller)
  const begin = performance.now()
  const admittedAt: number[] = []
  await Promise.all(
    four.flatMap((gateway) => Array.from({ length: 2_000 }, () => gateway.request(caller, limit, admittedAt))),
  )
  const grown = ((performance.now() - begin) * limit.max) / limit.windowMs
  t.true(admittedAt.length >= limit.max)
  return admittedAt.length - limit.max - grown
}

test('leases that were not used are not on top of a bucket that is full again', async (t) => {
  const excess = await burstAfterLeases(t, 'i')
  t.true(excess <= 0, `${excess} above the bound`)
})

test('positive control: leases that never lapse are seen to admit too much', async (t) => {
  const excess = await burstAfterLeases(t, 'j', {
    forge: ([granted, left, , ...rest]) => [granted, left, 60_000, ...rest],
  })
  t.true(excess > 0, `${excess} above the bound`)
})

test('four gateways under bursts and pauses admit in any interval at most the maximum and the tokens grown in it', async (t) => {
  const seed = 20_261_125
  const random = randomNumbers(seed)
  const four = await openGateways(4, t, server.url)
  const limit = { max: 400, windowMs: 8_000 }
  const admittedAt: number[] = []
  const load = async (gateway: LimitingGateway): Promise<void> => {
    while (admittedAt.length < 600) {
      const burst = Math.floor(random() ** 3 * 60)
      await Promise.all(Array.from({ length: burst }, () => gateway.request('k', limit, admittedAt)))
      await pause(random() * 120)
    }
  }
  await Promise.all(four.map(load))
  const excess = excessOf(four, admittedAt, limit)
  t.true(excess <= 0, `${excess} above the bound; seed ${seed}`)
})

test('gateways take little more than a caller uses', async (t) => {
  const four = await openGateways(4, t, server.url)
  const limit = { max: 60_000, windowMs: 60_000 }
  for (let made = 0; made < 1_200; made++) {
    await four[made % 4]?.ask('l', limit)
    if (made % 3 === 0) await pause(10)
  }
  const granted = four.flatMap((gateway) => gateway.grants()).reduce((sum, [tokens]) => sum + tokens, 0)
  t.true(granted >= 1_200 && granted < 1_200 * 1.3, `${granted} granted for 1200 requests`)
})
