import test from 'ava'
import type { Selection } from '#shared/contracts/places.ts'
import { newId } from '#shared/ids.ts'
import { randomNumbers } from '../../infra/random-numbers.ts'
import { lockBuyer } from '../../workers/booking/store/buyers.ts'
import type { TakingParts } from '../../workers/booking/taking/take-batch.ts'
import { type BookingWorkers, startBookingWorkers } from '../support/booking-workers.ts'
import { HoldingModel } from '../support/holding-model.ts'
import { answersOf, batchesOn, best, take } from '../support/place-request.ts'
import { seatNosOf } from '../support/seat-numbers.ts'
import { bothLookBeforeEitherWrites, withoutFence, withoutLocks } from '../support/without-fences.ts'

/* Requests for places share a transaction with all others that wait at that moment. */

let workers: BookingWorkers
test.beforeEach(async () => {
  workers = await startBookingWorkers()
})
test.afterEach.always(() => workers.stop())

const liveHolds = (eventId: string): Promise<unknown[]> =>
  workers.postgres.query(`SELECT FROM booking.holds WHERE event_id = $1 AND status = 'active'`, [eventId])

/** How many seats two live holds have, once two workers have both seen the same seats as free before either took them. */
async function soldTwice(postgres: TakingParts['postgres'], selection: Selection): Promise<number> {
  const eventId = await workers.openHouse()
  const unlocked = bothLookBeforeEitherWrites(withoutLocks(postgres))
  const asked = [batchesOn(unlocked), batchesOn(unlocked)].map((batches) => take(batches, { eventId, selection }))
  const taken = await Promise.allSettled(asked)
  const seats = taken.flatMap((each) => (each.status === 'fulfilled' ? seatNosOf(each.value.hold.places) : []))
  return seats.length - new Set(seats).size
}

test.serial('mixed batches of two workers give each seat one holder and each refusal a reason', async (t) => {
  // A look sees one row at most, so that nearly all batches must look again.
  const batches = [1, 2].map(() => batchesOn(workers.postgres, { rowsPerSearch: 1 }))
  const random = randomNumbers(20_261_130)
  const model = await HoldingModel.open(workers)
  for (let round = 0; round < 60; round++) await model.round({ workers, batches, random })
  await model.judgeDatabase(workers)
  t.deepEqual(model.faults, [])
})

test.serial('a seat that two looks gave is sold once, by the fence alone; without it, twice', async (t) => {
  const { postgres } = workers
  for (const selection of [best(2), { seat_nos: [4, 5] }]) {
    t.is(await soldTwice(postgres, selection), 0)
    t.is(await soldTwice(withoutFence(postgres), selection), 2)
  }
})

test.serial('64 hostile requests in a batch with 64 honest ones: each is answered as if alone', async (t) => {
  const { postgres } = workers
  const eventId = await workers.openHouse({ rows: 20, seatsPerRow: 20, areas: { Floor: { capacity: 40 } } })
  await postgres.query(`ALTER TABLE booking.holds ADD CONSTRAINT no_poison CHECK (user_id NOT LIKE 'poison-%')`)
  await workers.hold(eventId, [390, 391], 'earlier')
  const hostile = [
    () => ({ selection: best(2), userId: `poison-${newId()}` }),
    () => ({ selection: { seat_nos: [999] } }),
    () => ({ selection: { seat_nos: [390, 391] } }),
    () => ({ selection: { best_available: { qty: 1, tier: 'Gold', adjacent: 'require' as const } } }),
    () => ({ selection: { areas: [{ area: 'Roof', qty: 1 }] } }),
    () => ({ selection: best(9) }),
    () => ({ selection: best(2), userId: 'the same buyer' }),
    () => ({ selection: { seat_nos: [396] }, withinMs: -1 }),
  ]
  const honest = [
    (index: number) => ({ selection: best(2), key: `key-${index}` }),
    (index: number) => ({ selection: { seat_nos: [300 + index] } }),
    () => ({ selection: { areas: [{ area: 'Floor', qty: 1 }] } }),
    () => ({ selection: { ...best(1), areas: [{ area: 'Floor', qty: 1 }] } }),
  ]
  const batches = batchesOn(postgres)
  const asked = Array.from({ length: 64 }, (_, index) => [
    take(batches, { eventId, ...(hostile[index % hostile.length]?.() ?? { selection: {} }) }),
    take(batches, { eventId, ...(honest[index % honest.length]?.(index) ?? { selection: {} }) }),
  ])
  const answers = await Promise.all(asked.map(answersOf))
  t.deepEqual(new Set(answers.map(([, answer]) => answer)), new Set(['held']))
  const bad = Map.groupBy(answers.entries(), ([index]) => index % hostile.length)
  const heard = Array.from(bad, ([, each]) => [...new Set(each.map(([, [answer]]) => answer))].toSorted().join())
  t.regex(heard[0] ?? '', /no_poison/)
  t.deepEqual(heard.slice(1), [
    'validation_failed',
    'seat_unavailable',
    'validation_failed',
    'validation_failed',
    'ticket_limit',
    'held,hold_exists',
    'worker_timeout',
  ])
  t.is((await liveHolds(eventId)).length, 64 + 1 + 1)
})

test.serial('unknown once COMMIT was sent: nothing runs again, all hear so and learn it by their keys', async (t) => {
  const { postgres } = workers
  const eventId = await workers.openHouse()
  await postgres.query('CREATE SEQUENCE booking.commits')
  await postgres.query(`CREATE FUNCTION booking.cut() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF nextval('booking.commits') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
      RETURN NULL;
    END $$`)
  await postgres.query(`CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON booking.holds DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION booking.cut()`)
  const batches = batchesOn(postgres)
  const wanted = Array.from({ length: 5 }, (_, index) => ({
    eventId,
    selection: best(2),
    userId: `b-${index}`,
    key: `k-${index}`,
  }))
  const first = await answersOf(wanted.map((each) => take(batches, each)))
  t.deepEqual(new Set(first), new Set(['unavailable']))
  t.is((await liveHolds(eventId)).length, 0)
  t.deepEqual(new Set(await answersOf(wanted.map((each) => take(batches, each)))), new Set(['held']))
})

test.serial('a request that fails the batch fails alone, and no other runs twice', async (t) => {
  const { postgres } = workers
  const eventId = await workers.openHouse()
  await postgres.query(`ALTER TABLE booking.holds ADD CONSTRAINT no_poison CHECK (user_id <> 'poison')`)
  const batches = batchesOn(postgres)
  const buyers = ['ada', 'poison', 'bob', 'cyd']
  const answers = await answersOf(buyers.map((userId) => take(batches, { eventId, selection: best(2), userId })))
  t.deepEqual([answers[0], answers[2], answers[3]], ['held', 'held', 'held'])
  t.regex(answers[1] ?? '', /no_poison/)
  t.is((await liveHolds(eventId)).length, 3)
})

test.serial('a buyer who is locked delays nobody else, and work whose time is up is not begun', async (t) => {
  const eventId = await workers.openHouse({ rows: 10 })
  const batches = batchesOn(workers.postgres)
  const waiting = await workers.postgres.transaction(async (db) => {
    await lockBuyer(db, { eventId, userId: 'ada' })
    await db.query('SELECT')
    const ada = [take(batches, { eventId, selection: best(2), userId: 'ada' })]
    const others = Array.from({ length: 20 }, () => take(batches, { eventId, selection: best(2) }))
    t.deepEqual(new Set(await answersOf(others)), new Set(['held']))
    const late = take(batches, { eventId, selection: best(2), userId: 'late', withinMs: 0 })
    t.deepEqual(await answersOf([late]), ['worker_timeout'])
    return { ada }
  })
  // On a slow machine the wait for the lock may have ended.
  t.regex((await answersOf(waiting.ada)).join(), /^(?:held|overloaded)$/)
  t.true((await liveHolds(eventId)).length >= 20)
})

test.serial('who is asked for together is answered as in order of arrival', async (t) => {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 6 })
  const batches = batchesOn(workers.postgres)
  const asked = [
    take(batches, { eventId, selection: { seat_nos: [0] } }),
    take(batches, { eventId, selection: { seat_nos: [0, 1] } }),
    take(batches, { eventId, selection: best(2) }),
    take(batches, { eventId, selection: { seat_nos: [5] } }),
    take(batches, { eventId, selection: best(3) }),
  ]
  t.deepEqual(await answersOf(asked), ['held', 'seat_unavailable', 'held', 'held', 'not_enough_left'])
})
