import test from 'ava'
import { viewBooking } from '#shared/contracts/bookings.ts'
import type { RequestOf } from '#shared/contracts/contract.ts'
import { holdSeats } from '#shared/contracts/holds.ts'
import {
  beginPayment,
  cancelTickets,
  confirmHold,
  recordPayment,
  recordRefund,
  revokeBooking,
} from '#shared/contracts/payment-steps.ts'
import { listSeats } from '#shared/contracts/seats.ts'
import { setSale } from '#shared/contracts/stock.ts'
import { newId, publicId } from '#shared/ids.ts'
import { system } from '#shared/messaging/caller.ts'
import { type House, sharedBookingWorkers } from '../support/booking-workers.ts'
import { buyTickets } from '../support/bought-tickets.ts'
import { until } from '../support/until.ts'

const workers = sharedBookingWorkers()

const organiser = { role: 'organiser', id: 'box-office' } as const
const tomorrow = () => new Date(Date.now() + 86_400_000).toISOString()
interface Opening {
  readonly cancelUntil?: string
  readonly areas?: House['areas']
}

/** A house whose buyers may give tickets back until `cancelUntil`. */
async function openHouse({ cancelUntil = tomorrow(), areas = {} }: Opening = {}) {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 4, areas })
  await setSaleTo(eventId, 'on_sale', cancelUntil)
  return eventId
}
const setSaleTo = (event_id: string, status: 'on_sale' | 'cancelled', cancel_until: string) =>
  workers.ask(setSale, { event_id, status, on_sale_at: null, off_sale_at: null, cancel_until })
const statesOf = async (event_id: string) =>
  (await workers.ask(listSeats, { event_id })).items.map((seat) => seat.state)
const buyersWish = (booking: { id: string }, ticketIds?: string[]): RequestOf<typeof cancelTickets> => ({
  booking_id: booking.id,
  refund_id: newId(),
  reason: 'buyer',
  ...(ticketIds === undefined ? {} : { ticket_ids: ticketIds }),
})

test('tickets given back are void, their seats are sold to others, and their price is owed', async (t) => {
  const eventId = await openHouse()
  const bought = await buyTickets(workers, { eventId, as: 'ada', seat_nos: [0, 1, 2] })
  const [first, second, third] = bought.tickets.map((ticket) => ticket.id) as [string, string, string]
  const some = await workers.ask(cancelTickets, buyersWish(bought, [first, third]), { as: 'ada' })
  t.deepEqual(some, { amount_minor: 10_000 })
  t.deepEqual(await statesOf(eventId), ['available', 'sold', 'available', 'available'])
  const partly = await workers.ask(viewBooking, { booking_id: bought.id }, { as: 'ada' })
  t.like(partly, { status: 'confirmed', refund_due_minor: 10_000, refunded_minor: 0, cancelled_for: null })
  t.is(partly.tickets.map(({ id }) => id).join(), [first, second, third].join())
  t.is(partly.tickets.map(({ status }) => status).join(' '), 'void valid void')
  t.deepEqual(partly.places, bought.places)
  await buyTickets(workers, { eventId, as: 'bob', seat_nos: [0] })

  await workers.ask(cancelTickets, buyersWish(bought), { as: 'ada' })
  const gone = await workers.ask(viewBooking, { booking_id: bought.id }, { as: 'ada' })
  t.like(gone, { status: 'cancelled', cancelled_for: 'buyer', refund_due_minor: 15_000 })
  t.deepEqual(await statesOf(eventId), ['sold', 'available', 'available', 'available'])
})

test('GA tickets given back are counted as free again', async (t) => {
  const eventId = await openHouse({ areas: { Floor: { capacity: 3, priceMinor: 2_000 } } })
  const bought = await buyTickets(workers, { eventId, as: 'ada', areas: [{ area: 'Floor', qty: 3 }] })
  const floor = { event_id: eventId, areas: [{ area: 'Floor', qty: 2 }] }
  t.is((await workers.refusal(holdSeats, floor, { as: 'bob' })).code, 'not_enough_left')
  const two = bought.tickets.slice(0, 2).map((ticket) => ticket.id)
  t.is((await workers.ask(cancelTickets, buyersWish(bought, two), { as: 'ada' })).amount_minor, 4_000)
  t.is((await workers.ask(holdSeats, floor, { as: 'bob' })).total_minor, 4_000)
  const [counted] = await workers.postgres.query(
    'SELECT sum(held)::int AS held, sum(sold)::int AS sold FROM booking.area_shards WHERE event_id = $1',
    [eventId],
  )
  t.deepEqual(counted, { held: 2, sold: 1 })
})

test('tickets given back no longer count against the limit', async (t) => {
  const eventId = await workers.openHouse({ maxTicketsPerUser: 2 })
  await setSaleTo(eventId, 'on_sale', tomorrow())
  const bought = await buyTickets(workers, { eventId, as: 'ada', seat_nos: [0, 1] })
  const more = { event_id: eventId, seat_nos: [2] }
  t.is((await workers.refusal(holdSeats, more, { as: 'ada' })).code, 'ticket_limit')
  await workers.ask(cancelTickets, buyersWish(bought, [bought.tickets[1]?.id ?? '']), { as: 'ada' })
  t.is((await workers.ask(holdSeats, more, { as: 'ada' })).status, 'active')
})

test('a refund takes tickets back once, however often and at once it is asked for, also after the deadline', async (t) => {
  const eventId = await openHouse()
  const bought = await buyTickets(workers, { eventId, as: 'ada', seat_nos: [0, 1] })
  const wish = buyersWish(bought, [bought.tickets[0]?.id ?? ''])
  const ask = () => workers.ask(cancelTickets, wish, { as: 'ada' })
  const answers = await Promise.all([ask(), ask(), ask()])
  await setSaleTo(eventId, 'on_sale', new Date().toISOString())
  for (const answer of [...answers, await ask()]) t.is(answer.amount_minor, 5_000)
  t.is((await workers.ask(viewBooking, { booking_id: bought.id }, { as: 'ada' })).refund_due_minor, 5_000)
  const late = await workers.refusal(cancelTickets, buyersWish(bought), { as: 'ada' })
  t.like(late, { code: 'not_cancellable', extra: { reason: 'too_late' } })
})

test('two refunds that want the same ticket at once: one gets it', async (t) => {
  const eventId = await openHouse()
  const bought = await buyTickets(workers, { eventId, as: 'ada', seat_nos: [0, 1] })
  const ticket = bought.tickets[0]?.id ?? ''
  const answers = await Promise.allSettled(
    [1, 2, 3].map(() => workers.ask(cancelTickets, buyersWish(bought, [ticket]), { as: 'ada' })),
  )
  t.is(answers.filter(({ status }) => status === 'fulfilled').length, 1)
  for (const answer of answers) if (answer.status === 'rejected') t.is(answer.reason.extra.reason, 'ticket_void')
  t.is((await workers.ask(viewBooking, { booking_id: bought.id }, { as: 'ada' })).refund_due_minor, 5_000)
})

test('money that is back is counted once', async (t) => {
  const bought = await buyTickets(workers, { eventId: await openHouse(), as: 'ada', seat_nos: [0, 1] })
  const wish = buyersWish(bought, [bought.tickets[0]?.id ?? ''])
  const request = { booking_id: bought.id, refund_id: wish.refund_id }
  t.is((await workers.refusal(recordRefund, request)).code, 'not_found')
  await workers.ask(cancelTickets, wish, { as: 'ada' })
  const told = await Promise.all([1, 2, 3].map(() => workers.ask(recordRefund, request)))
  for (const booking of told) t.like(booking, { refunded_minor: 5_000, refund_due_minor: 0 })
})

test('a booking says in the status of its payment that money was paid back, and whether that was all', async (t) => {
  const bought = await buyTickets(workers, { eventId: await openHouse(), as: 'ada', seat_nos: [0, 1] })
  const payBack = async (ticketIds?: string[]) => {
    const wish = buyersWish(bought, ticketIds)
    await workers.ask(cancelTickets, wish, { as: 'ada' })
    const owed = await workers.ask(viewBooking, { booking_id: bought.id }, { as: 'ada' })
    const paid = await workers.ask(recordRefund, { booking_id: bought.id, refund_id: wish.refund_id })
    t.like(await workers.ask(viewBooking, { booking_id: bought.id }, { as: 'ada' }), { payment: paid.payment })
    return [owed.payment.status, paid.payment.status]
  }
  t.is(bought.payment.status, 'captured')
  t.deepEqual(await payBack([bought.tickets[0]?.id ?? '']), ['captured', 'partly_refunded'])
  t.deepEqual(await payBack(), ['partly_refunded', 'refunded'])
})

test('a cancelled event takes back everything, used tickets as well, and its seats are not sold again', async (t) => {
  const eventId = await openHouse()
  const bought = await buyTickets(workers, { eventId, as: 'ada', seat_nos: [0, 1] })
  await workers.postgres.query(
    `UPDATE booking.tickets SET status = 'used' WHERE id = (SELECT id FROM booking.tickets WHERE event_id = $1 LIMIT 1)`,
    [eventId],
  )
  await setSaleTo(eventId, 'cancelled', tomorrow())
  const request = { booking_id: bought.id, refund_id: newId(), reason: 'event_cancelled' } as const
  const answer = await workers.ask(cancelTickets, request, { caller: system('purchase') })
  t.is(answer.amount_minor, 10_000)
  t.deepEqual(await statesOf(eventId), ['blocked', 'blocked', 'blocked', 'blocked'])
  const rows = await workers.postgres.query<{ state: string }>(
    'SELECT state FROM booking.event_seats WHERE event_id = $1 ORDER BY seat_no',
    [eventId],
  )
  t.is(rows.map(({ state }) => state).join(' '), 'blocked blocked available available')
  const gone = await workers.ask(viewBooking, { booking_id: bought.id }, { as: 'ada' })
  t.like(gone, { status: 'cancelled', cancelled_for: 'event_cancelled' })
  t.true(gone.tickets.every((ticket) => ticket.status === 'void'))
})

test('everybody gives back what is theirs: strangers see no booking, and buyers do not speak for the organiser', async (t) => {
  const eventId = await openHouse({ cancelUntil: new Date().toISOString() })
  const bought = await buyTickets(workers, { eventId, as: 'ada', seat_nos: [0] })
  const other = await buyTickets(workers, { eventId, as: 'eve', seat_nos: [1] })
  const wish = buyersWish(bought)
  t.is((await workers.refusal(cancelTickets, wish, { as: 'eve' })).code, 'not_found')
  t.is((await workers.refusal(cancelTickets, { ...wish, reason: 'organiser' }, { as: 'ada' })).code, 'forbidden')
  t.is((await workers.refusal(cancelTickets, wish, { caller: organiser })).code, 'forbidden')
  const byOrganiser = { ...wish, reason: 'organiser' } as const
  const foreignTicket = { ...byOrganiser, ticket_ids: other.tickets.map((ticket) => ticket.id) }
  t.is((await workers.refusal(cancelTickets, foreignTicket, { caller: organiser })).code, 'not_found')
  const nowhere = { ...byOrganiser, booking_id: publicId({ eventId, ownId: newId() }) }
  t.is((await workers.refusal(cancelTickets, nowhere, { caller: organiser })).code, 'not_found')
  t.is((await workers.ask(cancelTickets, byOrganiser, { caller: organiser })).amount_minor, 5_000)
})

test('an event is not cancelled in the middle of a confirmation: what is refunded afterwards is all there is', async (t) => {
  const eventId = await openHouse()
  const hold = await workers.hold(eventId, [0], 'ada')
  const late = await workers.hold(eventId, [1], 'bob')
  const begin = ({ id }: { id: string }, as: string) => workers.ask(beginPayment, { hold_id: id }, { as })
  const { booking_id } = await begin(hold, 'ada')
  const { booking_id: lateBooking } = await begin(late, 'bob')
  const bookings = () =>
    workers.postgres.query<{ status: string }>('SELECT status FROM booking.bookings WHERE event_id = $1 ORDER BY id', [
      eventId,
    ])
  const waits = (part: string) =>
    until(`${part} waits`, async () => {
      const waiting = await workers.postgres.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE $1`,
        [`%${part}%`],
      )
      return waiting.length > 0
    })
  const [confirmed, afterCancelling] = await workers.postgres
    .transaction(async (db) => {
      // Keeps the confirmation from getting at its seat.
      await db.query('SELECT FROM booking.event_seats WHERE event_id = $1 AND seat_no = 0 FOR UPDATE', [eventId])
      const confirming = workers.ask(confirmHold, { booking_id })
      await waits('booking.event_seats')
      const cancelling = setSaleTo(eventId, 'cancelled', tomorrow()).then(bookings)
      await waits('pg_advisory_xact_lock')
      return [confirming, cancelling] as const
    })
    .then((both) => Promise.all(both))
  t.is(confirmed.outcome, 'CONFIRMED')
  t.is(afterCancelling.map(({ status }) => status).join(' '), 'confirmed pending')
  t.is((await workers.ask(confirmHold, { booking_id: lateBooking })).outcome, 'LOST')
})

const openRow = (areas = {}) => workers.openHouse({ rows: 1, seatsPerRow: 3, areas })

test('a booking whose money was refused for good is cancelled, and its places are sold to others', async (t) => {
  const eventId = await openRow({ Floor: { capacity: 2 } })
  const selection = { seat_nos: [0, 1], areas: [{ area: 'Floor', qty: 2 }] }
  const bought = await buyTickets(workers, { eventId, as: 'ada', captured: false, ...selection })
  await workers.postgres.query(`UPDATE booking.tickets SET status = 'used' WHERE event_id = $1`, [eventId])
  const request = { booking_id: bought.id, attempt: 1 }
  const revoked = await workers.ask(revokeBooking, request)
  t.like(revoked, { status: 'cancelled', cancelled_for: 'capture_refused', refund_due_minor: 0 })
  t.deepEqual(revoked.payment, { status: 'failed', captured_minor: 0 })
  t.deepEqual(new Set(revoked.tickets.map((ticket) => ticket.status)), new Set(['void']))
  t.deepEqual(await statesOf(eventId), ['available', 'available', 'available'])

  await buyTickets(workers, { eventId, as: 'bob', ...selection })
  const { seq: _, ...first } = revoked
  t.like(await workers.ask(revokeBooking, request), first)
  t.deepEqual(await statesOf(eventId), ['sold', 'sold', 'available'])
  t.is((await workers.ask(viewBooking, { booking_id: bought.id }, { as: 'ada' })).status, 'cancelled')
})

test('of a cancelled event the places are not sold again', async (t) => {
  const eventId = await openRow()
  const bought = await buyTickets(workers, { eventId, as: 'ada', captured: false, seat_nos: [1] })
  await workers.ask(setSale, { event_id: eventId, status: 'cancelled', on_sale_at: null, off_sale_at: null })
  await workers.ask(revokeBooking, { booking_id: bought.id, attempt: 1 })
  t.deepEqual(await statesOf(eventId), ['blocked', 'blocked', 'blocked'])
  const sql = 'SELECT state FROM booking.event_seats WHERE event_id = $1 AND seat_no = 1'
  t.deepEqual(await workers.postgres.query(sql, [eventId]), [{ state: 'blocked' }])
})

test('a booking that is paid for stays, whatever is said of its money later', async (t) => {
  const bought = await buyTickets(workers, { eventId: await openRow(), as: 'ada', seat_nos: [0] })
  const { status, payment } = await workers.ask(revokeBooking, { booking_id: bought.id, attempt: 1 })
  t.deepEqual({ status, payment }, { status: 'confirmed', payment: { status: 'captured', captured_minor: 5_000 } })
  const nowhere = publicId({ eventId: bought.event_id, ownId: newId() })
  t.is((await workers.refusal(revokeBooking, { booking_id: nowhere, attempt: 1 })).code, 'not_found')
})

test('capture, revocation and cancellation of one booking at once: either all money is there, or no ticket', async (t) => {
  const rounds = Array.from({ length: 6 }, async () => {
    const eventId = await openRow()
    const bought = await buyTickets(workers, { eventId, as: 'ada', captured: false, seat_nos: [0, 1] })
    const cancel = {
      booking_id: bought.id,
      refund_id: newId(),
      reason: 'organiser',
      ticket_ids: bought.tickets.slice(0, 1).map((ticket) => ticket.id),
    } as const
    await Promise.allSettled([
      workers.ask(recordPayment, { booking_id: bought.id, attempt: 1, status: 'captured', captured_minor: 10_000 }),
      workers.ask(revokeBooking, { booking_id: bought.id, attempt: 1 }),
      workers.ask(cancelTickets, cancel, { caller: { role: 'organiser', id: 'box-office' } }),
    ])
    const end = await workers.ask(viewBooking, { booking_id: bought.id }, { as: 'ada' })
    const valid = end.tickets.filter((ticket) => ticket.status === 'valid').length
    return `${end.status} ${end.payment.captured_minor} ${end.refund_due_minor} ${valid}`
  })
  for (const end of await Promise.all(rounds)) {
    t.true(['confirmed 10000 0 2', 'confirmed 10000 5000 1', 'cancelled 0 0 0'].includes(end), end)
  }
})
