import test from 'ava'
import type { Grant } from '../../gateway/limits/lease.ts'
import { forFile } from '../support/for-file.ts'
import { startTestRedis } from '../support/servers.ts'
import { openGateway, openGateways, untilLeaseOf } from '../support/shared-limits.ts'
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
  const left = admitted.map(([remaining]) => remaining).sort((one, other) => other - one)
  t.deepEqual(left, [10, 9, 8, 7, 6, 5, 4, 3, 2, 1])
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
