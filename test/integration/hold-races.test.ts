import test from 'ava'
import { changeHold, type Hold, holdSeats } from '#shared/contracts/holds.ts'
import { beginPayment } from '#shared/contracts/payment-steps.ts'
import type { Selection } from '#shared/contracts/places.ts'
import type { TicketingError } from '#shared/errors.ts'
import { parsePublicId } from '#shared/ids.ts'
import { sharedBookingWorkers } from '../support/booking-workers.ts'
import { until } from '../support/until.ts'

/* Two requests about one hold at the same time, in an order that is made certain. */

const workers = sharedBookingWorkers()

type Answer = Record<string, unknown>

/** Both are asked while the hold is locked, the second once the first waits for it; so the first gets it first. */
async function inThisOrder({ id }: Hold, asked: readonly [() => Promise<Answer>, () => Promise<Answer>]) {
  const key = parsePublicId(id)
  const answers: Promise<Answer>[] = []
  await workers.postgres.transaction(async (db) => {
    await db.query('SELECT FROM booking.holds WHERE event_id = $1 AND id = $2 FOR UPDATE', [key?.eventId, key?.ownId])
    for (const ask of asked) {
      answers.push(asAnswer(ask()))
      await until(`${answers.length} wait for the hold`, async () => (await waitingForLocks()) === answers.length)
    }
  })
  return Promise.all(answers)
}

const asAnswer = (answer: Promise<Answer>): Promise<Answer> =>
  answer.catch(({ code, extra }: TicketingError) => ({ code, ...extra }))

async function waitingForLocks(): Promise<number> {
  const waiting = await workers.postgres.query(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  )
  return waiting.length
}

const swap = ({ id }: Hold, selection: Selection) =>
  workers.ask(changeHold, { hold_id: id, ...selection }, { as: 'ada' })
const extend = ({ id }: Hold) => workers.ask(changeHold, { hold_id: id, extend: true }, { as: 'ada' })
const pay = ({ id }: Hold, expected_total_minor?: number) =>
  workers.ask(beginPayment, { hold_id: id, ...(expected_total_minor && { expected_total_minor }) }, { as: 'ada' })

test.serial('places that were exchanged while the payment began are paid for at their own price', async (t) => {
  const eventId = await workers.openHouse({ priceMinor: 1_000 })
  const one = await workers.hold(eventId, [0], 'ada')
  const [, refused] = await inThisOrder(one, [() => swap(one, { seat_nos: [0, 1, 2] }), () => pay(one, 1_000)])
  t.like(refused, { code: 'price_changed', total_minor: 3_000 })
  t.like(await pay(one), { total_minor: 3_000 })
})

test.serial('standing places that were exchanged while the payment began are paid for, too', async (t) => {
  const eventId = await workers.openHouse({ standing: { Floor: { capacity: 20, priceMinor: 500 } } })
  const floor = (qty: number) => ({ areas: [{ area: 'Floor', qty }] })
  const one = await workers.ask(holdSeats, { event_id: eventId, ...floor(1) }, { as: 'ada' })
  const [, begun] = await inThisOrder(one, [() => swap(one, floor(8)), () => pay(one)])
  t.like(begun, { total_minor: 4_000 })
})

test.serial('an extension after an exchange keeps all new places until the new end', async (t) => {
  const eventId = await workers.openHouse()
  const one = await workers.hold(eventId, [0], 'ada')
  const [, extended] = await inThisOrder(one, [() => swap(one, { seat_nos: [0, 1, 2] }), () => extend(one)])
  const ends = await workers.postgres.query<{ held_until: Date }>(
    'SELECT DISTINCT held_until FROM booking.event_seats WHERE event_id = $1 AND held_until IS NOT NULL',
    [eventId],
  )
  t.is(ends.map(({ held_until }) => held_until.toISOString()).join(), String(extended?.expires_at))
})

test.serial('fewer places after an exchange can be paid for', async (t) => {
  const eventId = await workers.openHouse({ priceMinor: 1_000 })
  const three = await workers.hold(eventId, [0, 1, 2], 'ada')
  const [, begun] = await inThisOrder(three, [() => swap(three, { seat_nos: [1] }), () => pay(three)])
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
    await until('the new hold waits for the earlier one', async () => (await waitingForLocks()) === 1)
  })
  t.deepEqual(await Promise.all(answers), [{ code: 'hold_exists', hold_id: first.id }])
})
