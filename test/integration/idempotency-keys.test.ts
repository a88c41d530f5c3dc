import test from 'ava'
import type { Contract, RequestOf } from '#shared/contracts/contract.ts'
import { changeHold, holdSeats, releaseHold } from '#shared/contracts/holds.ts'
import { beginPayment } from '#shared/contracts/payment-steps.ts'
import { newId } from '#shared/ids.ts'
import { callRaw } from '#shared/messaging/call.ts'
import { user } from '#shared/messaging/caller.ts'
import { oldCommands } from '#shared/retention/common-rules.ts'
import { sharedBookingWorkers } from '../support/booking-workers.ts'
import { deleteOld } from '../support/delete-old.ts'
import { lockSeats, untilLocksAreAwaited } from '../support/locks.ts'
import { assertRefused, outcomeOf } from '../support/refusals.ts'

const workers = sharedBookingWorkers()

/** The reply as bytes, and whether it says that it is a stored one. */
async function rawReply<C extends Contract>(contract: C, request: RequestOf<C>, as: string, idempotencyKey: string) {
  const { body, replayed } = await callRaw(workers.bus, { ...contract, deadlineMs: 30_000 }, request, {
    requestId: newId(),
    caller: user(as),
    deadlineAt: performance.now() + 30_000,
    idempotencyKey,
  })
  return { text: Buffer.from(body).toString('utf8'), replayed }
}

test('every write repeated with its key gets the first reply byte for byte, also when the state has changed since', async (t) => {
  const eventId = await workers.openHouse()
  const repeats: (() => Promise<unknown>)[] = []
  /** Answers the first reply, and has the request repeated at the end. */
  const write = async <C extends Contract>(contract: C, request: RequestOf<C>, as = 'ada') => {
    const send = () => rawReply(contract, request, as, `${contract.operation}-key`)
    const first = await send()
    t.false(first.replayed)
    repeats.push(async () => t.deepEqual(await send(), { ...first, replayed: true }))
    return JSON.parse(first.text)
  }
  const { id: hold_id } = await write(holdSeats, { event_id: eventId, seat_nos: [0] })
  await write(changeHold, { hold_id, seat_nos: [1] })
  await write(beginPayment, { hold_id })
  const other = await workers.hold(eventId, [5], 'other')
  await write(releaseHold, { hold_id: other.id }, 'other')
  await workers.hold(eventId, [5])
  for (const repeat of repeats) await repeat()
})

test('a key with another request is refused; of another caller or operation it is another key', async (t) => {
  const eventId = await workers.openHouse()
  const options = { as: 'ada', idempotencyKey: 'shared' }
  const hold = await workers.ask(holdSeats, { event_id: eventId, seat_nos: [0] }, options)
  const other = { event_id: eventId, seat_nos: [1] }
  await assertRefused(t, workers.ask(holdSeats, other, options), 'idempotency_key_reused')
  await workers.ask(holdSeats, other, { ...options, as: 'bob' })
  await workers.ask(changeHold, { hold_id: hold.id, seat_nos: [2] }, options)
})

test('while a request runs, another with its key is refused at once and gets the reply later', async (t) => {
  const eventId = await workers.openHouse()
  const ask = () => workers.ask(holdSeats, { event_id: eventId, seat_nos: [0] }, { as: 'ada', idempotencyKey: 'busy' })
  const begun = await workers.postgres.transaction(async (db) => {
    // Keeps the first one from getting at its seat.
    await lockSeats(db, eventId, [0])
    const first = ask()
    await untilLocksAreAwaited(workers.postgres, db)
    await assertRefused(t, ask(), 'idempotency_key_in_use')
    return { first }
  })
  const first = await begun.first
  t.deepEqual(await ask(), first)
})

test('four clicks with one key are one hold', async (t) => {
  const eventId = await workers.openHouse()
  const click = (idempotencyKey = 'clicks') =>
    workers.ask(holdSeats, { event_id: eventId, best_available: { qty: 2 } }, { as: 'ada', idempotencyKey })
  const clicks = [1, 2, 3, 4].map(async () => t.deepEqual(await click(), await click()))
  for (const outcome of await Promise.all(clicks.map((each) => outcomeOf(each)))) {
    t.true(['done', 'idempotency_key_in_use'].includes(outcome), outcome)
  }
  const holds = await workers.postgres.query('SELECT FROM booking.holds WHERE event_id = $1', [eventId])
  t.is(holds.length, 1)
  await assertRefused(t, click('another'), 'hold_exists')
})

test('a reply is remembered for a day; then its key counts as new, deleted or not', async (t) => {
  const eventId = await workers.openHouse()
  const request = { event_id: eventId, seat_nos: [0] }
  const options = { as: 'ada', idempotencyKey: 'yesterday' }
  const first = await workers.ask(holdSeats, request, options)
  await workers.release(first)
  const sql = `UPDATE booking.commands SET created_at = now() - $1::interval WHERE key = 'yesterday'`
  const age = (interval: string) => workers.postgres.query(sql, [interval])
  const known = () => workers.postgres.query(`SELECT FROM booking.commands WHERE key = 'yesterday'`)
  const deleteOldCommands = () => deleteOld(workers.postgres, [oldCommands('booking')], 'commands')

  await age('23 hours 59 minutes')
  t.is((await workers.ask(holdSeats, request, options)).id, first.id)
  t.deepEqual(await deleteOldCommands(), {})

  await age('24 hours')
  const other = { event_id: eventId, seat_nos: [3] }
  const second = await workers.ask(holdSeats, other, options)
  t.not(second.id, first.id)
  t.is((await workers.ask(holdSeats, other, options)).id, second.id)

  await age('25 hours')
  t.deepEqual(await deleteOldCommands(), { 'booking.commands': 1 })
  t.is((await known()).length, 0)
})
