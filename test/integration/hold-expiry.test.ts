import test from 'ava'
import type { Hold } from '#shared/contracts/holds.ts'
import { beginPayment } from '#shared/contracts/payment-steps.ts'
import { viewAvailability, viewSeatStates } from '#shared/contracts/seats.ts'
import type { TicketingError } from '#shared/errors.ts'
import { parsePublicId } from '#shared/ids.ts'
import { startSweeper } from '../../workers/booking/sweeper.ts'
import { sharedBookingWorkers, startBookingWorkers } from '../support/booking-workers.ts'
import { untilLocksAreAwaited } from '../support/locks.ts'
import { seatNosOf } from '../support/seat-numbers.ts'
import { silentLog } from '../support/silent-log.ts'
import { sweepAll } from '../support/sweep-all.ts'
import { until } from '../support/until.ts'
import { Waits } from '../support/waits.ts'

/** Its sweeper is off: expiry is a matter of the clock alone. */
const workers = sharedBookingWorkers()

test('a hold lasts as long as the worker that stocked the event was told, then its seat is sold to another', async (t) => {
  const short = await startBookingWorkers({ env: { HOLD_TTL_MS: '300' } })
  t.teardown(() => short.stop())
  const eventId = await short.openHouse()
  const mine = await short.hold(eventId, [3, 4])
  t.true(mine.expires_in_ms > 0 && mine.expires_in_ms <= 300)

  let theirs: Hold | undefined
  await until('the seat is free', async () => {
    theirs = await short.hold(eventId, [4]).catch(() => undefined)
    return theirs !== undefined
  })
  t.true(Date.parse(theirs?.expires_at ?? '') >= Date.parse(mine.expires_at) + 300)
  const after = await short.viewHold(mine)
  t.like(after, { status: 'expired', expires_in_ms: 0 })
  t.deepEqual(after.places, mine.places)
})

test('wherever state is shown, seats of a hold that ran out are free', async (t) => {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 4 })
  const hold = await workers.hold(eventId, [1])
  const shown = async () => ({
    list: await workers.statesOf(eventId),
    states: [...Buffer.from((await workers.ask(viewSeatStates, { event_id: eventId })).states, 'base64')],
    available: (await workers.ask(viewAvailability, { event_ids: [eventId] })).items[0]?.available,
  })
  t.deepEqual(await shown(), { list: 'available held available available', states: [0b0100], available: 3 })
  await workers.letRunOut(hold)
  t.deepEqual(await shown(), { list: 'available available available available', states: [0], available: 4 })
})

test('a buyer whose hold ran out may hold again, the same seats and others', async (t) => {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 4 })
  await workers.letRunOut(await workers.hold(eventId, [0, 1], 'again'))
  const second = await workers.hold(eventId, [1, 2], 'again')
  t.deepEqual(seatNosOf(second.places), [1, 2])
  t.is(await workers.statesOf(eventId), 'available held held available')
})

test('neither giving back nor sweeping a hold that ran out touches the seats of the next buyer', async (t) => {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 4 })
  const mine = await workers.hold(eventId, [0, 1])
  await workers.letRunOut(mine)
  const theirs = await workers.hold(eventId, [1, 2])
  await workers.release(mine)
  await sweepAll(workers.postgres)
  t.is(await workers.statesOf(eventId), 'available held held available')
  t.is((await workers.viewHold(theirs)).status, 'active')
})

// Serial: the sweep of another test may have some of them in hand.
test.serial('two sweeps at once write down every hold that ran out, and no other', async (t) => {
  const eventId = await workers.openHouse({ rows: 6, seatsPerRow: 20 })
  // Not all at once: they would wait too long for a connection on a loaded machine.
  const holds: Hold[] = []
  for (let first = 0; first < 120; first += 20) {
    const some = Array.from({ length: 20 }, (_, index) => workers.hold(eventId, [first + index]))
    holds.push(...(await Promise.all(some)))
  }
  const last = holds.at(-1)
  const { postgres } = workers
  const past = `now() - interval '1 second'`
  const others = [eventId, parsePublicId(last?.id ?? '')?.ownId]
  await postgres.query(
    `UPDATE booking.holds SET active_until = ${past}, expires_at = ${past} WHERE event_id = $1 AND id <> $2`,
    others,
  )
  await postgres.query(
    `UPDATE booking.event_seats SET held_until = ${past} WHERE event_id = $1 AND hold_id <> $2`,
    others,
  )
  await Promise.all([1, 2].map(() => sweepAll(postgres)))

  const rows = await postgres.query(
    `SELECT status, count(*) AS holds, count(ended_at) AS ended FROM booking.holds WHERE event_id = $1
     GROUP BY status ORDER BY status`,
    [eventId],
  )
  t.deepEqual(rows, [
    { status: 'active', holds: 1, ended: 0 },
    { status: 'expired', holds: 119, ended: 119 },
  ])
  const held = await postgres.query(
    `SELECT seat_no FROM booking.event_seats WHERE event_id = $1 AND state <> 'available'`,
    [eventId],
  )
  t.deepEqual(held, [{ seat_no: seatNosOf(last?.places ?? [])[0] }])
})

test('a sweeper begins at once and ends as soon as it is told to', async (t) => {
  const eventId = await workers.openHouse()
  await workers.letRunOut(await workers.hold(eventId, [0]))
  const stop = startSweeper({ postgres: workers.postgres, log: silentLog }, async () => false)
  const ended = 'SELECT FROM booking.holds WHERE event_id = $1 AND ended_at <= now()'
  await until('the hold is ended', async () => (await workers.postgres.query(ended, [eventId])).length > 0)
  const waits = new Waits()
  await waits.add(stop())
  t.true(waits.longestMs() < 1_000)
})

/* Two requests about one hold at the same time, in an order that is made certain. */

type Answer = Record<string, unknown>

/** Both are asked while the hold is locked, the second once the first waits for it; so the first gets it first. */
async function inThisOrder({ id }: Hold, asked: readonly [() => Promise<Answer>, () => Promise<Answer>]) {
  const key = parsePublicId(id)
  const answers: Promise<Answer>[] = []
  await workers.postgres.transaction(async (db) => {
    await db.query('SELECT FROM booking.holds WHERE event_id = $1 AND id = $2 FOR UPDATE', [key?.eventId, key?.ownId])
    for (const ask of asked) {
      answers.push(asAnswer(ask()))
      await untilLocksAreAwaited(workers.postgres, db, { sessions: answers.length })
    }
  })
  return Promise.all(answers)
}

const asAnswer = (answer: Promise<Answer>): Promise<Answer> =>
  answer.catch(({ code, extra }: TicketingError) => ({ code, ...extra }))

const pay = ({ id }: Hold, expected_total_minor?: number) =>
  workers.ask(beginPayment, { hold_id: id, ...(expected_total_minor && { expected_total_minor }) }, { as: 'ada' })

test.serial('places that were exchanged while the payment began are paid for at their own price', async (t) => {
  const eventId = await workers.openHouse({ priceMinor: 1_000 })
  const one = await workers.hold(eventId, [0], 'ada')
  const [, refused] = await inThisOrder(one, [() => workers.swap(one, [0, 1, 2]), () => pay(one, 1_000)])
  t.like(refused, { code: 'price_changed', total_minor: 3_000 })
  t.like(await pay(one), { total_minor: 3_000 })
})

test.serial('GA tickets that were exchanged while the payment began are paid for, too', async (t) => {
  const eventId = await workers.openHouse({ areas: { Floor: { capacity: 20, priceMinor: 500 } } })
  const floor = (qty: number) => ({ areas: [{ area: 'Floor', qty }] })
  const one = await workers.hold(eventId, floor(1), 'ada')
  const [, begun] = await inThisOrder(one, [() => workers.swap(one, floor(8)), () => pay(one)])
  t.like(begun, { total_minor: 4_000 })
})

test.serial('an extension after an exchange keeps all new places until the new end', async (t) => {
  const eventId = await workers.openHouse()
  const one = await workers.hold(eventId, [0], 'ada')
  const [, extended] = await inThisOrder(one, [() => workers.swap(one, [0, 1, 2]), () => workers.extend(one)])
  const ends = await workers.postgres.query<{ held_until: Date }>(
    'SELECT DISTINCT held_until FROM booking.event_seats WHERE event_id = $1 AND held_until IS NOT NULL',
    [eventId],
  )
  t.is(ends.map(({ held_until }) => held_until.toISOString()).join(), String(extended?.expires_at))
})

test.serial('fewer places after an exchange can be paid for', async (t) => {
  const eventId = await workers.openHouse({ priceMinor: 1_000 })
  const three = await workers.hold(eventId, [0, 1, 2], 'ada')
  const [, begun] = await inThisOrder(three, [() => workers.swap(three, [1]), () => pay(three)])
  t.like(begun, { total_minor: 1_000 })
})

test.serial('a new hold does not end an earlier one that began to be paid for in its last moment', async (t) => {
  const eventId = await workers.openHouse()
  const first = await workers.hold(eventId, [0], 'ada')
  await workers.letRunOut(first)
  const answers: Promise<Answer>[] = []
  await workers.postgres.transaction(async (db) => {
    // What a payment does that began before the end, and is committed after it.
    await db.query(
      `UPDATE booking.holds SET status = 'paying', expires_at = now() + interval '1 minute' WHERE event_id = $1`,
      [eventId],
    )
    answers.push(asAnswer(workers.hold(eventId, [1], 'ada')))
    await untilLocksAreAwaited(workers.postgres, db)
  })
  t.deepEqual(await Promise.all(answers), [{ code: 'hold_exists', hold_id: first.id }])
})
