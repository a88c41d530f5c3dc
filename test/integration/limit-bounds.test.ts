import { setTimeout as pause } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { type Admission, worstExcess } from '../support/admissions.ts'
import { openRedis } from '../support/open-redis.ts'
import { randomNumbers } from '../support/random-numbers.ts'
import { startTestRedis, type TestServer } from '../support/servers.ts'
import { type GatewayOptions, type LimitingGateway, openGateways, untilLeaseOf } from '../support/shared-limits.ts'
import { until } from '../support/until.ts'

/* In any t ms at most max + max * t / window requests are admitted, by four gateways and with leases lying about. */

let server: TestServer

test.before(async () => {
  server = await startTestRedis()
})

test.after.always(() => server.stop())

/** Lets each of four gateways take a lease and leave it, waits until the bucket is full again, and then asks for everything. */
async function burstAfterLeases(t: ExecutionContext, caller: string, options?: GatewayOptions): Promise<number> {
  const four = await openGateways(4, t, server.url, options)
  const redis = openRedis(server.url)
  t.teardown(() => redis.disconnect())
  const limit = { max: 4_000, windowMs: 20_000 }
  const admissions: Admission[] = []
  for (const gateway of four) await untilLeaseOf(8, gateway, () => gateway.request(caller, limit, admissions))
  await until('the bucket is full', async () => (await redis.exists(caller)) === 0)
  const everything = four.flatMap((gateway) =>
    Array.from({ length: 2_000 }, () => gateway.request(caller, limit, admissions)),
  )
  await Promise.all(everything)
  t.true(admissions.length > limit.max)
  return worstExcess(admissions, limit)
}

test('leases that were not used are not on top of a bucket that is full again', async (t) => {
  const excess = await burstAfterLeases(t, 'i')
  t.true(excess <= 0, `${excess} above the bound`)
})

test('positive control: leases that never lapse are seen to admit too much', async (t) => {
  const excess = await burstAfterLeases(t, 'j', {
    lifeMs: 0,
    forge: ([granted, left, , ...rest]) => [granted, left, 60_000, ...rest],
  })
  t.true(excess > 0, `${excess} above the bound`)
})

test('four gateways under bursts and pauses never admit more than the maximum and what has grown since, in any interval', async (t) => {
  const seed = 20_261_125
  const random = randomNumbers(seed)
  const four = await openGateways(4, t, server.url)
  const limit = { max: 400, windowMs: 8_000 }
  const admissions: Admission[] = []
  const endAt = performance.now() + 6_000
  const load = async (gateway: LimitingGateway): Promise<void> => {
    while (performance.now() < endAt) {
      const burst = Math.floor(random() ** 3 * 60)
      await Promise.all(Array.from({ length: burst }, () => gateway.request('k', limit, admissions)))
      await pause(random() * 120)
    }
  }
  await Promise.all(four.map(load))
  t.true(admissions.length > 500, `only ${admissions.length} were admitted`)
  const excess = worstExcess(admissions, limit)
  t.true(excess <= 0, `${excess} above the bound; seed ${seed}`)
})

test('a caller who stays below the limit is never refused, although each gateway takes more than it needs', async (t) => {
  const four = await openGateways(4, t, server.url)
  // 200 a second, of which 150 are made.
  const limit = { max: 400, windowMs: 2_000 }
  const begin = performance.now()
  let made = 0
  let refused = 0
  while (made < 900) {
    await pause(1)
    for (; made < (performance.now() - begin) * 0.15; made++) {
      const [remaining] = (await four[made % 4]?.ask('h', limit)) ?? [0]
      if (remaining === 0) refused += 1
    }
  }
  t.is(refused, 0)
})
