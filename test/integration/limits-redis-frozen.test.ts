import test from 'ava'
import { startSingleRedis } from '../support/servers.ts'
import { openGateway } from '../support/shared-limits.ts'
import { until } from '../support/until.ts'

const tenAMinute = { max: 10, windowMs: 60_000 }

test('Redis frozen: the first answer is a little late, the next come at once and by this gateway alone, until Redis is back and hears of them', async (t) => {
  const frozen = await startSingleRedis()
  t.teardown(() => frozen.stop())
  t.teardown(() => frozen.thaw())
  const [gateway, other] = [
    await openGateway(t, frozen.url, { gateways: 2, isImpatient: true }),
    await openGateway(t, frozen.url),
  ]
  await gateway.ask('l', tenAMinute)
  frozen.freeze()
  const begin = performance.now()
  t.is((await gateway.ask('m', tenAMinute))[0], 5)
  const waitedMs = performance.now() - begin
  t.true(waitedMs > 90 && waitedMs < 500, `the first answer took ${waitedMs} ms`)
  t.is(gateway.localDecisions(), 1)

  const answers = Array.from({ length: 10 }, () => gateway.ask('m', tenAMinute))
  t.is(answers.map((answer) => (answer instanceof Promise ? 'waits' : answer[0])).join(' '), '4 3 2 1 0 0 0 0 0 0')
  // Nine of ten were known to be left: four and a half of five.
  const known = Array.from({ length: 6 }, () => gateway.ask('l', tenAMinute))
  t.is(known.map((answer) => (answer instanceof Promise ? 'waits' : answer[0])).join(' '), '4 3 2 1 0 0')
  t.is(gateway.localDecisions(), 17)

  frozen.thaw()
  await until('it asks Redis again', async () => {
    const decided = gateway.localDecisions()
    await gateway.ask('somebody', { max: 100_000, windowMs: 60_000 })
    return gateway.localDecisions() === decided
  })
  t.is((await other.ask('n', tenAMinute))[0], 10)
  t.is((await gateway.ask('n', tenAMinute))[0], 9)
  // What it admitted alone counts as well: of the first five Redis was asked for one, and granted it to nobody.
  await gateway.ask('m', tenAMinute)
  t.is((await other.ask('m', tenAMinute))[0], 4)
})
