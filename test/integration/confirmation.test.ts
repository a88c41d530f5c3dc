import test from 'ava'
import { viewBooking } from '#shared/contracts/bookings.ts'
import { releaseHold, viewHold } from '#shared/contracts/holds.ts'
import { beginPayment, confirmHold, recordPayment, returnHold } from '#shared/contracts/payment-steps.ts'
import { listSeats } from '#shared/contracts/seats.ts'
import { setSale } from '#shared/contracts/stock.ts'
import type { TicketingError } from '#shared/errors.ts'
import { newId, publicId } from '#shared/ids.ts'
import { sharedBookingWorkers, startBookingWorkers } from '../support/booking-workers.ts'
import { seatNosOf } from '../support/seat-numbers.ts'
import { sweepAll } from '../support/sweep-all.ts'

const workers = sharedBookingWorkers()

async function paying(seatNos: number[], as: string, eventId?: string) {
  const event = eventId ?? (await workers.openHouse({ rows: 1, seatsPerRow: 4 }))
  const hold = await workers.hold(event, seatNos, as)
  const { booking_id: bookingId } = await workers.ask(beginPayment, { hold_id: hold.id }, { as })
  return { eventId: event, hold, bookingId }
}
const confirm = async (booking_id: string) => (await workers.ask(confirmHold, { booking_id })).outcome
/** As the purchase worker does, which asks again when it did not get the lock in time. */
const confirmInTheEnd = (bookingId: string): Promise<string> =>
  confirm(bookingId).catch((error: TicketingError) => {
    if (error.code === 'overloaded') return confirmInTheEnd(bookingId)
    throw error
  })
const statesOf = async (event_id: string) =>
  (await workers.ask(listSeats, { event_id })).items.map((seat) => seat.state)
const booking = (booking_id: string, as: string) => workers.ask(viewBooking, { booking_id }, { as })

test('authorised money buys the seats of the hold: sold, booked, with a ticket each', async (t) => {
  const { eventId, hold, bookingId } = await paying([1, 2], 'ada')
  t.is(await confirm(bookingId), 'CONFIRMED')
  t.deepEqual(await statesOf(eventId), ['available', 'sold', 'sold', 'available'])
  t.is((await workers.ask(viewHold, { hold_id: hold.id }, { as: 'ada' })).status, 'converted')
  const bought = await booking(bookingId, 'ada')
  t.like(bought, { status: 'confirmed', hold_id: hold.id, total_minor: 10_000, refunded_minor: 0 })
  t.deepEqual(bought.places, hold.places)
  t.is(bought.tickets.map((ticket) => `${seatNosOf([ticket])} ${ticket.status}`).join(), '1 valid,2 valid')
})

test('confirming again, also at once, answers the same and issues no second ticket', async (t) => {
  const { bookingId } = await paying([0], 'ada')
  t.deepEqual(await Promise.all([1, 2].map(() => confirmInTheEnd(bookingId))), ['CONFIRMED', 'CONFIRMED'])
  t.is(await confirm(bookingId), 'CONFIRMED')
  t.is((await booking(bookingId, 'ada')).tickets.length, 1)
})

test('paid after the hold ran out: it is confirmed all the same while its seats are free', async (t) => {
  const unswept = await paying([0, 1], 'ada')
  await workers.letRunOut(unswept.hold)
  t.is(await confirm(unswept.bookingId), 'CONFIRMED')

  const swept = await paying([0, 1], 'ada')
  await workers.letRunOut(swept.hold)
  await sweepAll(workers.postgres)
  t.is((await booking(swept.bookingId, 'ada')).status, 'pending')
  t.is(await confirm(swept.bookingId), 'CONFIRMED')
  t.deepEqual(await statesOf(swept.eventId), ['sold', 'sold', 'available', 'available'])
})

test('paid after the hold ran out and its seats went to somebody else: lost, for good, and it keeps none of its seats', async (t) => {
  const { eventId, hold, bookingId } = await paying([0, 1], 'ada')
  await workers.letRunOut(hold)
  await workers.hold(eventId, [1], 'bob')
  for (const _ of ['once', 'again']) t.is(await confirm(bookingId), 'LOST')
  t.deepEqual(await statesOf(eventId), ['available', 'held', 'available', 'available'])
  t.like(await booking(bookingId, 'ada'), { status: 'failed', tickets: [] })
  t.is((await workers.ask(viewHold, { hold_id: hold.id }, { as: 'ada' })).status, 'expired')
})

test('a payment whose places are lost is told why: others have them, the event is cancelled, or its buyer got too many', async (t) => {
  const reasonOf = async (booking_id: string) => {
    const { outcome, reason } = await workers.ask(confirmHold, { booking_id })
    return `${outcome} ${reason}`
  }
  const taken = await paying([0, 1], 'ada')
  await workers.letRunOut(taken.hold)
  await workers.hold(taken.eventId, [1], 'bob')
  t.is(await reasonOf(taken.bookingId), 'LOST seats_taken')
  // It is no longer known by then.
  t.is(await reasonOf(taken.bookingId), 'LOST undefined')

  const cancelled = await paying([0], 'ada')
  const sale = { event_id: cancelled.eventId, on_sale_at: null, off_sale_at: null }
  await workers.ask(setSale, { ...sale, status: 'cancelled' })
  t.is(await reasonOf(cancelled.bookingId), 'LOST event_cancelled')

  const limited = await workers.openHouse({ maxTicketsPerUser: 2 })
  const tooMany = await paying([0, 1], 'ada', limited)
  await workers.letRunOut(tooMany.hold)
  await workers.buy(limited, [2], 'ada')
  t.is(await reasonOf(tooMany.bookingId), 'LOST ticket_limit')
  t.is(await reasonOf((await paying([3], 'bob', limited)).bookingId), 'CONFIRMED undefined')
})

test('a late confirmation and another buyer at once: exactly one of them gets the seat', async (t) => {
  const rounds = Array.from({ length: 10 }, async (_, round) => {
    const { eventId, hold, bookingId } = await paying([2], `ada-${round}`)
    await workers.letRunOut(hold)
    const [outcome, other] = await Promise.all([
      confirm(bookingId),
      workers.hold(eventId, [2], `bob-${round}`).then(
        () => 'held',
        (error) => error.code,
      ),
    ])
    return `${outcome} ${other}`
  })
  for (const outcome of await Promise.all(rounds)) {
    t.true(['CONFIRMED seat_unavailable', 'LOST held'].includes(outcome), outcome)
  }
})

test('should a seat that looks free be sold already, the last fence answers LOST and nothing is sold twice', async (t) => {
  const first = await paying([0], 'ada')
  await confirm(first.bookingId)
  // What no code path does: the seat is free again although its live item says that it is sold.
  await workers.postgres.query(
    `UPDATE booking.event_seats SET state = 'available', booking_id = NULL WHERE event_id = $1`,
    [first.eventId],
  )
  const second = await paying([0, 1], 'bob', first.eventId)
  t.is(await confirm(second.bookingId), 'LOST')
  t.is((await booking(second.bookingId, 'bob')).status, 'failed')
  t.deepEqual(await statesOf(first.eventId), Array(4).fill('available'))
})

test('a declined payment gives the hold its time back, and the next attempt uses the same booking', async (t) => {
  const { hold, bookingId } = await paying([0], 'ada')
  const busy = await workers.refusal(beginPayment, { hold_id: hold.id }, { as: 'ada' })
  t.is(busy.code, 'payment_in_progress')
  t.deepEqual(busy.extra, { booking_id: bookingId })
  t.is((await workers.refusal(releaseHold, { hold_id: hold.id }, { as: 'ada' })).code, 'hold_paying')

  for (const _ of ['once', 'again']) await workers.ask(returnHold, { booking_id: bookingId, attempt: 1 })
  const returned = await workers.ask(viewHold, { hold_id: hold.id }, { as: 'ada' })
  t.like(returned, { status: 'active', expires_at: hold.expires_at })
  t.like(await booking(bookingId, 'ada'), { status: 'pending', payment: { status: 'failed', captured_minor: 0 } })

  const next = await workers.ask(beginPayment, { hold_id: hold.id }, { as: 'ada' })
  t.like(next, { booking_id: bookingId, attempt: 2, total_minor: 5_000, currency: 'EUR' })
  await workers.ask(returnHold, { booking_id: bookingId, attempt: 1 })
  t.is((await workers.ask(viewHold, { hold_id: hold.id }, { as: 'ada' })).status, 'paying')

  t.is(await confirm(bookingId), 'CONFIRMED')
  const sold = await workers.refusal(beginPayment, { hold_id: hold.id }, { as: 'ada' })
  t.is(sold.code, 'already_purchased')
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
  const short = await startBookingWorkers({ env: { HOLD_TTL_MS: '5000', PAYMENT_WINDOW_MS: '60000' } })
  t.teardown(() => short.stop())
  const hold = await short.hold(await short.openHouse(), [0], 'ada')
  await short.ask(beginPayment, { hold_id: hold.id }, { as: 'ada' })
  const now = await short.ask(viewHold, { hold_id: hold.id }, { as: 'ada' })
  t.is(now.status, 'paying')
  t.true(Date.parse(now.expires_at) - Date.parse(hold.expires_at) > 50_000)

  const cappedEvent = await short.openHouse()
  await short.postgres.query(`UPDATE booking.sales SET hold_hard_cap = '10 seconds' WHERE event_id = $1`, [cappedEvent])
  const capped = await short.hold(cappedEvent, [0], 'bob')
  await short.ask(beginPayment, { hold_id: capped.id }, { as: 'bob' })
  const atCap = await short.ask(viewHold, { hold_id: capped.id }, { as: 'bob' })
  t.is(atCap.expires_at, capped.hard_cap_at)
})

test('a payment declined after the time of the hold is over frees its seats', async (t) => {
  const { eventId, hold, bookingId } = await paying([0], 'ada')
  await workers.letRunOut(hold)
  await workers.ask(returnHold, { booking_id: bookingId, attempt: 1 })
  t.deepEqual(await statesOf(eventId), Array(4).fill('available'))
  t.is((await workers.ask(viewHold, { hold_id: hold.id }, { as: 'ada' })).status, 'expired')
  t.is((await booking(bookingId, 'ada')).status, 'expired')
  await sweepAll(workers.postgres)
  const [stored] = await workers.postgres.query('SELECT status FROM booking.bookings WHERE event_id = $1', [eventId])
  t.deepEqual(stored, { status: 'expired' })
})

test('only a hold that may still be paid for is: not one that ran out, was given back, or belongs to another', async (t) => {
  const eventId = await workers.openHouse()
  const codeFor = async (id: string, as: string) => (await workers.refusal(beginPayment, { hold_id: id }, { as })).code
  const late = await workers.hold(eventId, [0], 'ada')
  await workers.letRunOut(late)
  t.is(await codeFor(late.id, 'ada'), 'hold_expired')
  const back = await workers.hold(eventId, [1], 'bob')
  await workers.ask(releaseHold, { hold_id: back.id }, { as: 'bob' })
  t.is(await codeFor(back.id, 'bob'), 'hold_ended')
  const foreign = await workers.hold(eventId, [2], 'eve')
  t.is(await codeFor(foreign.id, 'mallory'), 'not_found')
})

test('a buyer who expects another price pays nothing', async (t) => {
  const eventId = await workers.openHouse({ priceMinor: 5_000 })
  const hold = await workers.hold(eventId, [0, 1], 'ada')
  for (const expected of [{ expected_total_minor: 9_999 }, { currency: 'USD' }]) {
    const refusal = await workers.refusal(beginPayment, { hold_id: hold.id, ...expected }, { as: 'ada' })
    t.is(refusal.code, 'price_changed')
    t.deepEqual(refusal.extra, { total_minor: 10_000, currency: 'EUR' })
  }
  const right = { hold_id: hold.id, expected_total_minor: 10_000, currency: 'EUR' }
  t.is((await workers.ask(beginPayment, right, { as: 'ada' })).attempt, 1)
})

test('notes about a payment count once and in any order', async (t) => {
  const { bookingId: booking_id } = await paying([0], 'ada')
  await confirm(booking_id)
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
  t.is((await workers.refusal(confirmHold, { booking_id })).code, 'not_found')
  t.is((await workers.refusal(returnHold, { booking_id, attempt: 1 })).code, 'not_found')
  const note = { booking_id, attempt: 1, status: 'captured', captured_minor: 1 } as const
  t.is((await workers.refusal(recordPayment, note)).code, 'not_found')
})

test('a payment that was given up meanwhile is not begun by a message that comes late', async (t) => {
  const eventId = await workers.openHouse()
  const hold = await workers.hold(eventId, [1], 'ada')
  const late = { hold_id: hold.id, not_after: new Date(Date.now() - 1_000).toISOString() }
  const refused = await workers.refusal(beginPayment, late, { as: 'ada', idempotencyKey: 'late-payment' })
  t.is(refused.code, 'worker_timeout')
  t.is((await workers.ask(viewHold, { hold_id: hold.id }, { as: 'ada' })).status, 'active')
  const inTime = { ...late, not_after: new Date(Date.now() + 60_000).toISOString() }
  const begun = await workers.ask(beginPayment, inTime, { as: 'ada', idempotencyKey: 'late-payment' })
  t.is(begun.attempt, 1)
  // The answer to what was done in time is for everybody who asks by the key, whenever that is.
  t.deepEqual(await workers.ask(beginPayment, late, { as: 'ada', idempotencyKey: 'late-payment' }), begun)
})
