import { setTimeout as pause } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import type { Grant } from '../../gateway/limits/lease.ts'
import type { Limit } from '../../gateway/limits/local-bucket.ts'
import { worstExcess } from '../support/admissions.ts'
import { forFile } from '../support/for-file.ts'
import { openRedis } from '../support/open-redis.ts'
import { randomNumbers } from '../support/random-numbers.ts'
import { startTestRedis } from '../support/servers.ts'
import {
  type GatewayOptions,
  type LimitingGateway,
  openGateway,
  openGateways,
  untilLeaseOf,
} from '../support/shared-limits.ts'
import { until } from '../support/until.ts'

/* Limits as several gateways share them by one Redis, with windows short enough to see them refill. */

const tenAMinute = { max: 10, windowMs: 60_000 }

const server = forFile(() => startTestRedis())

test('a small limit admits exactly its maximum, over four gateways that are asked at once', async (t) => {
  const four = await openGateways(4, t, server.url)
  const answers = await Promise.all(
    four.flatMap((gateway) => Array.from({ length: 10 }, () => gateway.ask('a', tenAMinute))),
  )
  const admitted = answers.filter(([remaining]) => remaining > 0)
  t.is(admitted.length, 10)
  // Each was told of another number of requests that it still had, itself included.
  t.deepEqual(
    admitted.map(([remaining]) => remaining).sort((one, other) => other - one),
    [10, 9, 8, 7, 6, 5, 4, 3, 2, 1],
  )
})

test('positive control: gateways that count each for itself are seen to admit more', async (t) => {
  const away = (): Grant => {
    throw new Error('this gateway finds no Redis')
  }
  const four = await openGateways(4, t, server.url, { gateways: 1, forge: away })
  const answers = await Promise.all(
    four.flatMap((gateway) => Array.from({ length: 10 }, () => gateway.ask('b', tenAMinute))),
  )
  t.is(answers.filter(([remaining]) => remaining > 0).length, 40)
})

test('requests that come while Redis is asked share the next question', async (t) => {
  const gateway = await openGateway(t, server.url)
  const answers = await Promise.all(Array.from({ length: 200 }, () => gateway.ask('c', { max: 79, windowMs: 60_000 })))
  t.is(answers.filter(([remaining]) => remaining > 0).length, 79)
  t.is(gateway.grants().length, 2)
})

test('a small limit admits no more in the minute of the first request, however slowly they come, and as many in the next', async (t) => {
  const gateway = await openGateway(t, server.url)
  const limit = { max: 10, windowMs: 1_500 }
  const begin = performance.now()
  const admittedAt: number[] = []
  await until(
    'eleven were admitted',
    async () => {
      await gateway.request('d', limit, admittedAt)
      return admittedAt.length >= 11
    },
    { everyMs: 20 },
  )
  t.true((admittedAt[10] ?? 0) - begin >= limit.windowMs)
  for (let i = 0; i < 8; i++) t.true(await gateway.request('d', limit, admittedAt))
})

test('an empty bucket of a large limit fills up evenly', async (t) => {
  const gateway = await openGateway(t, server.url)
  // 20 a second, not all after five, from the end of the first leases on.
  const limit = { max: 100, windowMs: 5_000 }
  const admittedAt: number[] = []
  while (await gateway.request('h', limit, admittedAt));
  const burst = admittedAt.length
  t.true(burst >= 100)
  const untilAdmitted = (count: number): Promise<void> =>
    until(
      `${count} were admitted`,
      async () => {
        await gateway.request('h', limit, admittedAt)
        return admittedAt.length >= count
      },
      { everyMs: 5 },
    )
  await untilAdmitted(burst + 1)
  await untilAdmitted(burst + 11)
  const tookMs = (admittedAt[burst + 10] ?? 0) - (admittedAt[burst] ?? 0)
  t.true(tookMs > 250 && tookMs < 4_000, `ten tokens at 50 ms each took ${tookMs} ms`)
})

test('within a lease nothing is asked of Redis', async (t) => {
  const gateway = await openGateway(t, server.url)
  const limit = { max: 60_000, windowMs: 60_000 }
  // One that will last for a while.
  do await untilLeaseOf(100, gateway, () => gateway.ask('e', limit))
  while ((gateway.grants().at(-1)?.[2] ?? 0) < 500)
  const asked = gateway.grants().length
  const answers = Array.from({ length: 99 }, () => gateway.ask('e', limit))
  t.false(answers.some((answer) => answer instanceof Promise))
  t.is(gateway.grants().length, asked)
})

test('a refusal is remembered until its time: nothing is asked of Redis meanwhile', async (t) => {
  const gateway = await openGateway(t, server.url)
  for (let i = 0; i < 11; i++) await gateway.ask('f', tenAMinute)
  const asked = gateway.grants().length
  for (let i = 0; i < 1_000; i++) t.is((await gateway.ask('f', tenAMinute))[0], 0)
  t.is(gateway.grants().length, asked)
  // Other callers are not meant.
  t.is((await gateway.ask('g', tenAMinute))[0], 10)
})

/* In any t ms at most max + max * t / window requests are admitted, by four gateways and with leases lying about. */

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

test('four gateways under bursts and pauses never admit more than the maximum and what has grown since, in any interval', async (t) => {
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
