import test from 'ava'
import type { Contract, RequestOf } from '#shared/contracts/contract.ts'
import { changeHold, holdSeats, releaseHold } from '#shared/contracts/holds.ts'
import { beginPayment } from '#shared/contracts/payment-steps.ts'
import type { TicketingError } from '#shared/errors.ts'
import { newId } from '#shared/ids.ts'
import { callRaw } from '#shared/messaging/call.ts'
import { user } from '#shared/messaging/caller.ts'
import { oldCommands } from '#shared/retention/common-rules.ts'
import { sharedBookingWorkers } from '../support/booking-workers.ts'
import { deleteOld } from '../support/delete-old.ts'
import { until } from '../support/until.ts'

const workers = sharedBookingWorkers()

/** The reply as bytes, and whether it says that it is a stored one. */
async function rawReply<C extends Contract>(contract: C, request: RequestOf<C>, as: string, idempotencyKey: string) {
  const { body, replayed } = await callRaw(workers.bus, { ...contract, deadlineMs: 10_000 }, request, {
    requestId: newId(),
    caller: user(as),
    deadlineAt: performance.now() + 10_000,
    idempotencyKey,
  })
  return { text: Buffer.from(body).toString('utf8'), replayed }
}

test('every write repeated with its key gets the first reply byte for byte, whatever has happened since', async (t) => {
  const eventId = await workers.openHouse()
  const repeated = async <C extends Contract>(contract: C, request: RequestOf<C>): Promise<void> => {
    const key = `${contract.operation}-key`
    const first = await rawReply(contract, request, 'ada', key)
    t.false(first.replayed)
    repeats.push(async () => t.deepEqual(await rawReply(contract, request, 'ada', key), { ...first, replayed: true }))
  }
  const repeats: (() => Promise<unknown>)[] = []
  await repeated(holdSeats, { event_id: eventId, seat_nos: [0] })
  const hold_id = JSON.parse(
    (await rawReply(holdSeats, { event_id: eventId, seat_nos: [0] }, 'ada', 'hold-seats-key')).text,
  ).id
  await repeated(changeHold, { hold_id, seat_nos: [1] })
  await repeated(beginPayment, { hold_id })
  const other = await workers.hold(eventId, [5], 'other')
  const release = { hold_id: other.id }
  const released = await rawReply(releaseHold, release, 'other', 'release')
  await workers.hold(eventId, [5], 'third')
  t.deepEqual(await rawReply(releaseHold, release, 'other', 'release'), { ...released, replayed: true })
  for (const repeat of repeats) await repeat()
})

test('a key with another request is refused; of another caller or operation it is another key', async (t) => {
  const eventId = await workers.openHouse()
  const options = { as: 'ada', idempotencyKey: 'shared' }
  const hold = await workers.ask(holdSeats, { event_id: eventId, seat_nos: [0] }, options)
  const reused = await workers.refusal(holdSeats, { event_id: eventId, seat_nos: [1] }, options)
  t.is(reused.code, 'idempotency_key_reused')
  await workers.ask(holdSeats, { event_id: eventId, seat_nos: [1] }, { ...options, as: 'bob' })
  await workers.ask(changeHold, { hold_id: hold.id, seat_nos: [2] }, options)
})

test('while a request runs, another with its key is refused at once and gets the reply later', async (t) => {
  const eventId = await workers.openHouse()
  const request = { event_id: eventId, seat_nos: [0] }
  const options = { as: 'ada', idempotencyKey: 'busy' }
  const first = await workers.postgres
    .transaction(async (db) => {
      // Keeps the first one from getting at its seat.
      await db.query('SELECT FROM booking.event_seats WHERE event_id = $1 AND seat_no = 0 FOR UPDATE', [eventId])
      const first = workers.ask(holdSeats, request, options)
      await until('the first one waits', async () => {
        const waiting = await workers.postgres.query(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        )
        return waiting.length > 0
      })
      t.is((await workers.refusal(holdSeats, request, options)).code, 'idempotency_key_in_use')
      return { first }
    })
    .then((begun) => begun.first)
  t.deepEqual(await workers.ask(holdSeats, request, options), first)
})

test('four clicks with one key are one hold', async (t) => {
  const eventId = await workers.openHouse()
  const request = { event_id: eventId, best_available: { qty: 2 } }
  const click = () => workers.ask(holdSeats, request, { as: 'ada', idempotencyKey: 'clicks' })
  const clicks = await Promise.allSettled([click(), click(), click(), click()])
  const hold = await click()
  for (const answer of clicks) {
    if (answer.status === 'fulfilled') t.deepEqual(answer.value, hold)
    else t.is((answer.reason as TicketingError).code, 'idempotency_key_in_use')
  }
  const holds = await workers.postgres.query('SELECT FROM booking.holds WHERE event_id = $1', [eventId])
  t.is(holds.length, 1)
  t.is((await workers.refusal(holdSeats, request, { as: 'ada', idempotencyKey: 'another' })).code, 'hold_exists')
})

test('a reply is remembered for a day; then its key counts as new, deleted or not', async (t) => {
  const eventId = await workers.openHouse()
  const request = { event_id: eventId, seat_nos: [0] }
  const options = { as: 'ada', idempotencyKey: 'yesterday' }
  const first = await workers.ask(holdSeats, request, options)
  await workers.ask(releaseHold, { hold_id: first.id }, { as: 'ada' })
  const age = (interval: string) =>
    workers.postgres.query(`UPDATE booking.commands SET created_at = now() - $1::interval WHERE key = 'yesterday'`, [
      interval,
    ])
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
