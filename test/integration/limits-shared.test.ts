import '../support/few-at-a-time.ts'
import test from 'ava'
import type { Grant } from '../../gateway/limits/lease.ts'
import { forFile } from '../support/for-file.ts'
import { startSingleRedis, startTestRedis } from '../support/servers.ts'
import { type LimitingGateway, openGateway, openGateways, untilLeaseOf } from '../support/shared-limits.ts'
import { until } from '../support/until.ts'

/* Limits as several gateways share them by one Redis, with windows short enough to see them refill. */

const tenAMinute = { max: 10, windowMs: 60_000 }

const server = forFile(() => startTestRedis())

/** Each gateway is asked ten times at once by a caller. What was left for those who were admitted, themselves included. */
async function admittedOfForty(four: readonly LimitingGateway[], caller: string): Promise<number[]> {
  const asked = four.flatMap((gateway) => Array.from({ length: 10 }, () => gateway.ask(caller, tenAMinute)))
  return (await Promise.all(asked)).map(([remaining]) => remaining).filter((remaining) => remaining > 0)
}

test('a small limit admits exactly its maximum, over four gateways that are asked at once', async (t) => {
  const admitted = await admittedOfForty(await openGateways(4, t, server.url), 'a')
  t.is(admitted.length, 10)
  // Each was told of another number of requests that it still had, itself included.
  t.deepEqual(
    admitted.toSorted((one, other) => other - one),
    [10, 9, 8, 7, 6, 5, 4, 3, 2, 1],
  )
})

test('positive control: gateways that count each for itself are seen to admit more', async (t) => {
  const away = (): Grant => {
    throw new Error('this gateway finds no Redis')
  }
  const four = await openGateways(4, t, server.url, { gateways: 1, forge: away })
  t.is((await admittedOfForty(four, 'b')).length, 40)
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
  let admittedAt: number[] = []
  let begin = 0
  let callers = 0
  // On a busy machine ten may take longer than the minute that is meant.
  await until('ten come in half of it', async () => {
    callers += 1
    admittedAt = []
    begin = performance.now()
    for (let i = 0; i < 10; i++) await gateway.request(`d${callers}`, limit, admittedAt)
    return admittedAt.length === 10 && performance.now() - begin < limit.windowMs / 2
  })
  await until('eleven were admitted', () => gateway.request(`d${callers}`, limit, admittedAt))
  t.true((admittedAt[10] ?? 0) - begin >= limit.windowMs)
  for (let i = 0; i < 8; i++) t.true(await gateway.request(`d${callers}`, limit, admittedAt))
})

test('an empty bucket of a large limit fills up evenly', async (t) => {
  const gateway = await openGateway(t, server.url)
  // 20 a second, not all after five, from the end of the first leases on.
  const limit = { max: 100, windowMs: 5_000 }
  const admittedAt: number[] = []
  let emptyAt = 0
  const isRefused = async (): Promise<boolean> => {
    emptyAt = performance.now()
    return !(await gateway.request('h', limit, admittedAt))
  }
  while (!(await isRefused()));
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
  await untilAdmitted(burst + 11)
  const tookMs = (admittedAt[burst + 10] ?? 0) - emptyAt
  t.true(tookMs > 250 && tookMs < 4_000, `eleven tokens at 50 ms each took ${tookMs} ms`)
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

/** How many requests are left in each of these answers, that does not wait. */
const leftIn = (answers: readonly ReturnType<LimitingGateway['ask']>[]): string =>
  answers.map((answer) => (answer instanceof Promise ? 'waits' : answer[0])).join(' ')

test('Redis frozen: the first answer is a little late, the next come at once and by this gateway alone, until Redis is back and hears of them', async (t) => {
  const frozen = await startSingleRedis()
  t.teardown(() => frozen.stop())
  t.teardown(() => frozen.thaw())
  const [gateway, other] = [
    await openGateway(t, frozen.url, { gateways: 2, isImpatient: true }),
    await openGateway(t, frozen.url),
  ]
  /** Asks, for another caller each time, until Redis decides in time. Answers that caller. */
  let callers = 0
  const untilRedisDecides = async (ask: (caller: string) => unknown): Promise<string> => {
    await until('Redis decides in time', async () => {
      callers += 1
      const decided = gateway.localDecisions()
      await ask(`caller-${callers}`)
      return gateway.localDecisions() === decided
    })
    return `caller-${callers}`
  }
  const known = await untilRedisDecides((caller) => gateway.ask(caller, tenAMinute))
  const before = gateway.localDecisions()
  frozen.freeze()
  const begin = performance.now()
  t.is((await gateway.ask('m', tenAMinute))[0], 5)
  const waitedMs = performance.now() - begin
  t.true(waitedMs > 90 && waitedMs < 5_000, `the first answer took ${waitedMs} ms`)
  t.is(gateway.localDecisions() - before, 1)

  const answers = Array.from({ length: 10 }, () => gateway.ask('m', tenAMinute))
  t.is(leftIn(answers), '4 3 2 1 0 0 0 0 0 0')
  // Nine of ten were known to be left: four and a half of five.
  const ofKnown = Array.from({ length: 6 }, () => gateway.ask(known, tenAMinute))
  t.is(leftIn(ofKnown), '4 3 2 1 0 0')
  t.is(gateway.localDecisions() - before, 17)

  frozen.thaw()
  await untilRedisDecides((caller) => gateway.ask(caller, { max: 100_000, windowMs: 60_000 }))
  let left: (number | undefined)[] = []
  await untilRedisDecides(async (caller) => {
    left = [(await other.ask(caller, tenAMinute))[0], (await gateway.ask(caller, tenAMinute))[0]]
  })
  t.deepEqual(left, [10, 9])
  // What it admitted alone counts as well: of the first five Redis was asked for one, and granted it to nobody.
  await untilRedisDecides(() => gateway.ask('m', tenAMinute))
  t.is((await other.ask('m', tenAMinute))[0], 4)
})
