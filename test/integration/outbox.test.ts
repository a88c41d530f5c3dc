import '../support/few-at-a-time.ts'
import test, { type ExecutionContext } from 'ava'
import pg from 'pg'
import { addFact, addFacts } from '#shared/facts/outbox.ts'
import { newId } from '#shared/ids.ts'
import { oldFacts } from '#shared/retention/common-rules.ts'
import { deleteOld } from '../support/delete-old.ts'
import { factPartsOn, forkRelay, numbersOf, released, upTo } from '../support/fact-parts.ts'
import { startSingleNats } from '../support/servers.ts'
import { until } from '../support/until.ts'

const startParts = async (t: ExecutionContext) => factPartsOn(t, await startSingleNats())

test('a fact is published when its transaction commits, and not when that is rolled back', async (t) => {
  const parts = await startParts(t)
  await parts.startRelay()
  const received = await parts.consume()
  const fact = released(1)
  await t.throwsAsync(
    parts.postgres.transaction(async (db) => {
      await addFact(db, 'booking', released(0))
      throw new Error('changed its mind')
    }),
    { message: 'changed its mind' },
  )
  await parts.postgres.transaction((db) => addFact(db, 'booking', fact))
  await until('the fact arrives', () => received.length > 0)
  t.like(received[0], { ...fact, subject: `ticketing.fact.hold.${fact.eventId}.released`, deliveries: 1 })
  t.is(await parts.stored(), 1)
  await parts.untilNoneWait()
})

test('two relays at once publish every fact, and none twice', async (t) => {
  const parts = await startParts(t)
  await Promise.all([parts.startRelay(), parts.startRelay()])
  const received = await parts.consume()
  for (let first = 0; first < 3_000; first += 100) {
    const facts = upTo(100).map((no) => released(first + no))
    await addFacts(parts.postgres, 'booking', facts)
  }
  await parts.untilNoneWait()
  await until('all arrive', () => received.length >= 3_000, { timeoutMs: 45_000 })
  t.is(await parts.stored(), 3_000)
  t.deepEqual(numbersOf(received), upTo(3_000))
  t.true(received.every(({ deliveries }) => deliveries === 1))
})

test('a relay killed between publishing and committing leaves the fact to the next one; it arrives once', async (t) => {
  const parts = await startParts(t)
  const received = await parts.consume()
  await addFact(parts.postgres, 'booking', released(0))
  // A lock on the row keeps the relay from marking it, between publishing and committing.
  const holder = new pg.Client({ connectionString: parts.databaseUrl })
  await holder.connect()
  await holder.query('BEGIN')
  await holder.query('SELECT FROM booking.outbox FOR UPDATE')
  const relay = await forkRelay(parts)
  // Also where the test fails: left alone it would keep the run from ending.
  t.teardown(() => relay.kill())
  await until('the fact is published', () => received.length > 0)
  await relay.kill()
  await holder.query('COMMIT')
  await holder.end()
  t.is(await parts.waiting(), 1)

  await parts.startRelay()
  await addFact(parts.postgres, 'booking', released(1))
  await parts.untilNoneWait()
  await until('the second arrives', () => received.length > 1)
  t.deepEqual(numbersOf(received), [0, 1])
  t.is(await parts.stored(), 2)
})

for (const withData of [true, false]) {
  test(`every fact arrives though nats-server is killed and comes back ${withData ? 'with' : 'without'} its data`, async (t) => {
    const parts = await startParts(t)
    await parts.startRelay()
    const received = await parts.consume()
    const seen = (): number[] => [...new Set(numbersOf(received))]
    let count = 0
    const addSome = async (some: number): Promise<void> => {
      for (const end = count + some; count < end; count++) await addFact(parts.postgres, 'booking', released(count))
    }
    await addSome(20)
    await until('the first arrive', () => seen().length > 0)
    const adding = addSome(200)
    await parts.nats.kill()
    await adding
    await addSome(20)
    await parts.nats.restart({ withData })
    await addSome(20)
    await until('all arrive', () => seen().length === count, { timeoutMs: 45_000 })
    t.deepEqual(seen(), upTo(260))
    await parts.untilNoneWait()
  })
}

test('facts that a consumer had not got yet when nats-server lost its data are published again', async (t) => {
  const parts = await startParts(t)
  await parts.startRelay()
  await addFacts(parts.postgres, 'booking', upTo(700).map(released))
  await parts.untilNoneWait()
  await parts.nats.kill()
  await parts.nats.restart({ withData: false })
  const received = await parts.consume()
  await until('all arrive', () => received.length >= 700)
  t.deepEqual(numbersOf(received), upTo(700))
})

test('facts that a frozen nats-server does not acknowledge wait, with one line in the log, and are published when it wakes', async (t) => {
  const parts = await startParts(t)
  await parts.startRelay()
  await addFact(parts.postgres, 'booking', released(0))
  await parts.untilNoneWait()
  parts.nats.freeze()
  t.teardown(parts.nats.thaw)
  await addFacts(parts.postgres, 'booking', upTo(9).map(released))
  await until('the relay says so', () => parts.logged().length > 0)
  t.is(await parts.waiting(), 9)
  parts.nats.thaw()
  await parts.untilNoneWait()
  await until('the relay says so', () => parts.logged().length > 1)
  t.deepEqual(parts.logged(), ['publishing facts was interrupted', 'publishing facts resumed'])
  t.is(await parts.stored(), 10)
})

test('published facts are deleted after a day, and waiting ones never', async (t) => {
  const parts = await startParts(t)
  const insert = (count: number, publishedAt: string): Promise<unknown> =>
    parts.postgres.query(
      `INSERT INTO booking.outbox (id, subject, payload, created_at, published_at)
       SELECT gen_random_uuid(), $1, '{"no": 0}', now() - interval '9 days', ${publishedAt} FROM generate_series(1, $2)`,
      [`ticketing.fact.seat.${newId()}.sold`, count],
    )
  await insert(1_500, `now() - interval '25 hours'`)
  await insert(10, `now() - interval '23 hours'`)
  await insert(3, 'NULL')
  t.deepEqual(await deleteOld(parts.postgres, [oldFacts('booking')], 'outbox'), { 'booking.outbox': 1_500 })
  await parts.startRelay()
  await parts.untilNoneWait()
  t.is(await parts.stored(), 3)
})
