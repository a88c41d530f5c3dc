import test from 'ava'
import { changeHold, type Hold, holdSeats, releaseHold, viewHold } from '#shared/contracts/holds.ts'
import { beginPayment, confirmHold } from '#shared/contracts/payment-steps.ts'
import { setSale } from '#shared/contracts/stock.ts'
import { parsePublicId } from '#shared/ids.ts'
import { sharedBookingWorkers } from '../support/booking-workers.ts'

const workers = sharedBookingWorkers()

const extend = ({ id }: Hold, as: string) => workers.ask(changeHold, { hold_id: id, extend: true }, { as })
const refusedFor = async ({ id }: Hold, as: string) =>
  (await workers.refusal(changeHold, { hold_id: id, extend: true }, { as })).code
/** Moves the end of a hold and of its places to `expires`, an SQL expression. */
async function endAt({ id }: Hold, expires: string): Promise<void> {
  const own = [parsePublicId(id)?.ownId]
  const { postgres } = workers
  await postgres.query(`UPDATE booking.holds SET active_until = ${expires}, expires_at = ${expires} WHERE id = $1`, own)
  await postgres.query(
    'UPDATE booking.event_seats SET held_until = hold.expires_at FROM booking.holds AS hold WHERE hold_id = id AND id = $1',
    own,
  )
  await postgres.query(
    'UPDATE booking.hold_items SET held_until = expires_at FROM booking.holds WHERE id = $1 AND hold_id = id AND area_no IS NOT NULL',
    own,
  )
}

test('an extended hold has its full time again, and so have its seats and standing places', async (t) => {
  const eventId = await workers.openHouse({ standing: { Floor: { capacity: 20 } } })
  const selection = { seat_nos: [3, 4], areas: [{ area: 'Floor', qty: 2 }] }
  const hold = await workers.ask(holdSeats, { event_id: eventId, ...selection }, { as: 'ada' })
  await endAt(hold, `now() + interval '2 minutes'`)
  const extended = await extend(hold, 'ada')
  t.is(extended.status, 'active')
  t.true(extended.expires_in_ms > 590_000 && extended.expires_in_ms <= 600_000)
  t.deepEqual(extended.places, hold.places)
  t.is(extended.hard_cap_at, hold.hard_cap_at)
  const kept = await workers.postgres.query<{ held_until: Date }>(
    `SELECT held_until FROM booking.event_seats WHERE event_id = $1 AND state = 'held'
     UNION ALL SELECT held_until FROM booking.hold_items WHERE event_id = $1 AND area_no IS NOT NULL`,
    [eventId],
  )
  t.is(kept.length, 3)
  for (const { held_until } of kept) t.is(held_until.toISOString(), extended.expires_at)
})

test('no hold is extended beyond its hard cap', async (t) => {
  const hold = await workers.hold(await workers.openHouse(), [0], 'ada')
  await workers.postgres.query(`UPDATE booking.holds SET hard_cap_at = expires_at WHERE id = $1`, [
    parsePublicId(hold.id)?.ownId,
  ])
  await endAt(hold, `hard_cap_at - interval '5 minutes'`)
  const extended = await extend(hold, 'ada')
  t.is(extended.expires_at, extended.hard_cap_at)
  t.is(await refusedFor(hold, 'ada'), 'hold_cap_reached')
  t.is((await workers.ask(viewHold, { hold_id: hold.id }, { as: 'ada' })).expires_at, extended.hard_cap_at)
})

test('only an active hold is extended, and only by its buyer', async (t) => {
  const eventId = await workers.openHouse()
  const late = await workers.hold(eventId, [0], 'late')
  t.is(await refusedFor(late, 'stranger'), 'not_found')
  await workers.letRunOut(late)
  t.is(await refusedFor(late, 'late'), 'hold_expired')

  const back = await workers.hold(eventId, [1], 'back')
  await workers.ask(releaseHold, { hold_id: back.id }, { as: 'back' })
  t.is(await refusedFor(back, 'back'), 'hold_ended')

  const paying = await workers.hold(eventId, [2], 'payer')
  const { booking_id } = await workers.ask(beginPayment, { hold_id: paying.id }, { as: 'payer' })
  t.is(await refusedFor(paying, 'payer'), 'hold_paying')
  await workers.ask(confirmHold, { booking_id })
  t.is(await refusedFor(paying, 'payer'), 'hold_ended')
})

test('a hold is extended while the sale is paused, but not once the event is cancelled', async (t) => {
  const eventId = await workers.openHouse()
  const hold = await workers.hold(eventId, [0], 'ada')
  const sale = { event_id: eventId, on_sale_at: null, off_sale_at: null }
  await workers.ask(setSale, { ...sale, status: 'paused' })
  t.is((await extend(hold, 'ada')).status, 'active')
  await workers.ask(setSale, { ...sale, status: 'cancelled' })
  t.is(await refusedFor(hold, 'ada'), 'event_cancelled')
})

test('an extension and another buyer at the very end of a hold: never do both get the seat, and never is it lost', async (t) => {
  const rounds = Array.from({ length: 12 }, async (_, round) => {
    const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 2 })
    const hold = await workers.hold(eventId, [0], 'ada')
    await endAt(hold, `clock_timestamp() + ${round} * interval '1 ms'`)
    const code = (error: { code: string }) => error.code
    const [extended, taken] = await Promise.all([
      extend(hold, 'ada').then(() => 'extended', code),
      workers.hold(eventId, [0], 'bob').then(() => 'taken', code),
    ])
    const outcome = `${extended} ${taken}`
    // One came a moment too late, the other a moment too early.
    if (outcome === 'hold_expired seat_unavailable') await workers.hold(eventId, [0], 'carol')
    return outcome
  })
  for (const outcome of await Promise.all(rounds)) {
    t.not(outcome, 'extended taken')
  }
})
