import test from 'ava'
import { beginPayment, confirmHold, recordPayment, returnHold } from '#shared/contracts/payment-steps.ts'
import { newId, publicId } from '#shared/ids.ts'
import { sharedBookingWorkers, startBookingWorkers } from '../support/booking-workers.ts'
import { assertRefused, outcomeOf } from '../support/refusals.ts'
import { seatNosOf } from '../support/seat-numbers.ts'
import { sweepAll } from '../support/sweep-all.ts'

const workers = sharedBookingWorkers()

/** A hold that is being paid for; in a row of four seats, unless an event is named. */
async function paying(seatNos: number[], as = 'ada', event?: string) {
  const eventId = event ?? (await workers.openHouse({ rows: 1, seatsPerRow: 4 }))
  const hold = await workers.hold(eventId, seatNos, as)
  return { eventId, hold, bookingId: await workers.beginPayment(hold) }
}
/** Twice, as the purchase worker does when it did not hear the first answer. */
const returnTwice = async (booking_id: string): Promise<void> => {
  for (const _ of ['once', 'again']) await workers.ask(returnHold, { booking_id, attempt: 1 })
}
/** As the purchase worker does, which tries again when it did not get the lock in time. */
const confirmInTheEnd = async (bookingId: string): Promise<string> => {
  const outcome = await workers.confirm(bookingId).catch((error) => error.code)
  return outcome === 'overloaded' ? confirmInTheEnd(bookingId) : outcome
}
const booking = (bookingId: string, as = 'ada') => workers.viewBooking(bookingId, as)

test('authorised money buys the seats of the hold: sold, booked, with a ticket each', async (t) => {
  const { eventId, hold, bookingId } = await paying([1, 2])
  t.is(await workers.confirm(bookingId), 'CONFIRMED')
  t.is(await workers.statesOf(eventId), 'available sold sold available')
  t.is((await workers.viewHold(hold)).status, 'converted')
  const bought = await booking(bookingId)
  t.like(bought, { status: 'confirmed', hold_id: hold.id, total_minor: 10_000, refunded_minor: 0 })
  t.deepEqual(bought.places, hold.places)
  t.is(bought.tickets.map((ticket) => `${seatNosOf([ticket])} ${ticket.status}`).join(), '1 valid,2 valid')
})

test('confirming again, also at once, answers the same and issues no second ticket', async (t) => {
  const { bookingId } = await paying([0])
  t.deepEqual(await Promise.all([1, 2].map(() => confirmInTheEnd(bookingId))), ['CONFIRMED', 'CONFIRMED'])
  t.is(await workers.confirm(bookingId), 'CONFIRMED')
  t.is((await booking(bookingId)).tickets.length, 1)
})

test('paid after the hold ran out: it is confirmed all the same while its seats are free', async (t) => {
  const unswept = await paying([0, 1])
  await workers.letRunOut(unswept.hold)
  t.is(await workers.confirm(unswept.bookingId), 'CONFIRMED')

  const swept = await paying([0, 1])
  await workers.letRunOut(swept.hold)
  await sweepAll(workers.postgres)
  t.is((await booking(swept.bookingId)).status, 'pending')
  t.is(await workers.confirm(swept.bookingId), 'CONFIRMED')
  t.is(await workers.statesOf(swept.eventId), 'sold sold available available')
})

test('paid after the hold ran out and its seats went to somebody else: lost, for good, and it keeps none of its seats', async (t) => {
  const { eventId, hold, bookingId } = await paying([0, 1])
  await workers.letRunOut(hold)
  await workers.hold(eventId, [1], 'bob')
  for (const _ of ['once', 'again']) t.is(await workers.confirm(bookingId), 'LOST')
  t.is(await workers.statesOf(eventId), 'available held available available')
  t.like(await booking(bookingId), { status: 'failed', tickets: [] })
  t.is((await workers.viewHold(hold)).status, 'expired')
})

test('a payment whose places are lost hears why: others have them, the event is cancelled, or its buyer got too many', async (t) => {
  const reasonOf = async (booking_id: string) => {
    const { outcome, reason } = await workers.ask(confirmHold, { booking_id })
    return `${outcome} ${reason}`
  }
  const taken = await paying([0, 1])
  await workers.letRunOut(taken.hold)
  await workers.hold(taken.eventId, [1], 'bob')
  t.is(await reasonOf(taken.bookingId), 'LOST seats_taken')
  // It is no longer known by then.
  t.is(await reasonOf(taken.bookingId), 'LOST undefined')

  const cancelled = await paying([0])
  await workers.setSale(cancelled.eventId, { status: 'cancelled' })
  t.is(await reasonOf(cancelled.bookingId), 'LOST event_cancelled')

  const limited = await workers.openHouse({ maxTicketsPerUser: 2 })
  const tooMany = await paying([0, 1], 'ada', limited)
  await workers.letRunOut(tooMany.hold)
  await workers.buy(limited, [2], 'ada')
  t.is(await reasonOf(tooMany.bookingId), 'LOST ticket_limit')
  t.is(await reasonOf((await paying([3], 'bob', limited)).bookingId), 'CONFIRMED undefined')
})

test('a late confirmation and another buyer at once: exactly one of them gets the seat', async (t) => {
  const rounds = Array.from({ length: 10 }, async () => {
    const { eventId, hold, bookingId } = await paying([2])
    await workers.letRunOut(hold)
    const other = outcomeOf(workers.hold(eventId, [2], 'bob'), 'held')
    return (await Promise.all([workers.confirm(bookingId), other])).join(' ')
  })
  for (const outcome of await Promise.all(rounds)) {
    t.true(['CONFIRMED seat_unavailable', 'LOST held'].includes(outcome), outcome)
  }
})

test('should a seat that looks free be sold already, the last fence answers LOST and nothing is sold twice', async (t) => {
  const first = await paying([0])
  await workers.confirm(first.bookingId)
  // What no code path does: the seat is free again although its live item says that it is sold.
  await workers.postgres.query(
    `UPDATE booking.event_seats SET state = 'available', booking_id = NULL WHERE event_id = $1`,
    [first.eventId],
  )
  const second = await paying([0, 1], 'bob', first.eventId)
  t.is(await workers.confirm(second.bookingId), 'LOST')
  t.is((await booking(second.bookingId, 'bob')).status, 'failed')
  t.is(await workers.statesOf(first.eventId), 'available available available available')
})

test('a declined payment gives the hold its time back, and the next attempt uses the same booking', async (t) => {
  const { hold, bookingId } = await paying([0])
  const busy = await assertRefused(t, workers.beginPayment(hold), 'payment_in_progress')
  t.deepEqual(busy.extra, { booking_id: bookingId })
  await assertRefused(t, workers.release(hold), 'hold_paying')

  await returnTwice(bookingId)
  t.like(await workers.viewHold(hold), { status: 'active', expires_at: hold.expires_at })
  t.like(await booking(bookingId), { status: 'pending', payment: { status: 'failed', captured_minor: 0 } })

  const next = await workers.ask(beginPayment, { hold_id: hold.id }, { as: 'ada' })
  t.like(next, { booking_id: bookingId, attempt: 2, total_minor: 5_000, currency: 'EUR' })
  await returnTwice(bookingId)
  t.is((await workers.viewHold(hold)).status, 'paying')

  t.is(await workers.confirm(bookingId), 'CONFIRMED')
  const sold = await assertRefused(t, workers.beginPayment(hold), 'already_purchased')
  t.deepEqual(sold.extra, { booking_id: bookingId })
})

test('a driver that repeats begin-payment with its key learns its attempt again', async (t) => {
  const eventId = await workers.openHouse()
  const hold = await workers.hold(eventId, [0], 'ada')
  const options = { as: 'ada', idempotencyKey: 'payment-1' }
  const first = await workers.ask(beginPayment, { hold_id: hold.id }, options)
  t.deepEqual(await workers.ask(beginPayment, { hold_id: hold.id }, options), first)
})

test('a payment keeps seats until its deadline, beyond the end of the hold but not beyond the hard cap', async (t) => {
  const short = await startBookingWorkers({ env: { HOLD_TTL_MS: '60000', PAYMENT_WINDOW_MS: '300000' } })
  t.teardown(() => short.stop())
  const hold = await short.hold(await short.openHouse(), [0])
  await short.beginPayment(hold)
  const now = await short.viewHold(hold)
  t.is(now.status, 'paying')
  t.true(Date.parse(now.expires_at) - Date.parse(hold.expires_at) > 200_000)

  const cappedEvent = await short.openHouse()
  await short.postgres.query(`UPDATE booking.sales SET hold_hard_cap = '70 seconds' WHERE event_id = $1`, [cappedEvent])
  const capped = await short.hold(cappedEvent, [0])
  await short.beginPayment(capped)
  t.is((await short.viewHold(capped)).expires_at, capped.hard_cap_at)
})

test('a payment declined after the time of the hold is over frees its seats', async (t) => {
  const { eventId, hold, bookingId } = await paying([0])
  await workers.letRunOut(hold)
  await workers.ask(returnHold, { booking_id: bookingId, attempt: 1 })
  t.is(await workers.statesOf(eventId), 'available available available available')
  t.is((await workers.viewHold(hold)).status, 'expired')
  t.is((await booking(bookingId)).status, 'expired')
  await sweepAll(workers.postgres)
  const [stored] = await workers.postgres.query('SELECT status FROM booking.bookings WHERE event_id = $1', [eventId])
  t.deepEqual(stored, { status: 'expired' })
})

test('only a hold that may still be paid for is: not one that ran out, was given back, or belongs to another', async (t) => {
  const eventId = await workers.openHouse()
  const late = await workers.hold(eventId, [0])
  await workers.letRunOut(late)
  await assertRefused(t, workers.beginPayment(late), 'hold_expired')
  const back = await workers.hold(eventId, [1])
  await workers.release(back)
  await assertRefused(t, workers.beginPayment(back), 'hold_ended')
  const foreign = await workers.hold(eventId, [2])
  await assertRefused(t, workers.beginPayment({ ...foreign, user_id: 'mallory' }), 'not_found')
})

test('a buyer who expects another price pays nothing', async (t) => {
  const eventId = await workers.openHouse({ priceMinor: 5_000 })
  const { id: hold_id } = await workers.hold(eventId, [0, 1], 'ada')
  const pay = (expected: object) => workers.ask(beginPayment, { hold_id, ...expected }, { as: 'ada' })
  for (const expected of [{ expected_total_minor: 9_999 }, { currency: 'USD' }]) {
    const { extra } = await assertRefused(t, pay(expected), 'price_changed')
    t.deepEqual(extra, { total_minor: 10_000, currency: 'EUR' })
  }
  t.is((await pay({ expected_total_minor: 10_000, currency: 'EUR' })).attempt, 1)
})

test('notes about a payment count once and in any order', async (t) => {
  const { bookingId: booking_id } = await paying([0])
  await workers.confirm(booking_id)
  const note = async (status: 'authorised' | 'captured' | 'voided', attempt = 1) => {
    const captured_minor = status === 'captured' ? 5_000 : 0
    return (await workers.ask(recordPayment, { booking_id, attempt, status, captured_minor })).payment
  }
  t.deepEqual(await note('captured'), { status: 'captured', captured_minor: 5_000 })
  for (const late of ['captured', 'authorised', 'voided'] as const) {
    t.deepEqual(await note(late), { status: 'captured', captured_minor: 5_000 })
  }
})

test('a step of a booking that does not exist is refused', async (t) => {
  const booking_id = publicId({ eventId: newId(), ownId: newId() })
  await assertRefused(t, workers.confirm(booking_id), 'not_found')
  await assertRefused(t, workers.ask(returnHold, { booking_id, attempt: 1 }), 'not_found')
  const note = { booking_id, attempt: 1, status: 'captured', captured_minor: 1 } as const
  await assertRefused(t, workers.ask(recordPayment, note), 'not_found')
})

test('a payment that was given up meanwhile is not begun by a message that comes late', async (t) => {
  const hold = await workers.hold(await workers.openHouse(), [1], 'ada')
  const beginBy = (ms: number) => {
    const not_after = new Date(Date.now() + ms).toISOString()
    return workers.ask(beginPayment, { hold_id: hold.id, not_after }, { as: 'ada', idempotencyKey: 'late-payment' })
  }
  await assertRefused(t, beginBy(-1_000), 'worker_timeout')
  t.is((await workers.viewHold(hold)).status, 'active')
  const begun = await beginBy(60_000)
  t.is(begun.attempt, 1)
  // The answer to a step done in time stays the same for every later request with its key.
  t.deepEqual(await beginBy(-1_000), begun)
})
