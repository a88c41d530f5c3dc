import test from 'ava'
import type { Booking } from '#shared/contracts/bookings.ts'
import type { ReplyOf } from '#shared/contracts/contract.ts'
import { cancelTickets, recordPayment, recordRefund, revokeBooking } from '#shared/contracts/payment-steps.ts'
import { newId, publicId } from '#shared/ids.ts'
import { system } from '#shared/messaging/caller.ts'
import { type AskOptions, type House, sharedBookingWorkers } from '../support/booking-workers.ts'
import { lockSeats, untilLocksAreAwaited } from '../support/locks.ts'
import { assertRefused } from '../support/refusals.ts'

const workers = sharedBookingWorkers()

const organiser: AskOptions = { caller: { role: 'organiser', id: 'box-office' } }
const tomorrow = () => new Date(Date.now() + 86_400_000).toISOString()
const now = () => new Date().toISOString()

/** A row of four seats, whose buyers may give tickets back until tomorrow. */
async function openHouse(house: House = {}): Promise<string> {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 4, ...house })
  await workers.setSale(eventId, { cancel_until: tomorrow() })
  return eventId
}

type Reason = 'buyer' | 'organiser' | 'event_cancelled'
/** Asks for tickets of a booking, or all of it, to be taken back; for its buyer, unless told otherwise. */
function giveBack(
  booking: Pick<Booking, 'id'>,
  ticketIds?: string[],
  { reason = 'buyer' as Reason, refundId = newId(), by = { as: 'ada' } as AskOptions } = {},
): Promise<ReplyOf<typeof cancelTickets>> {
  const request = { booking_id: booking.id, refund_id: refundId, reason }
  return workers.ask(cancelTickets, { ...request, ...(ticketIds && { ticket_ids: ticketIds }) }, by)
}
const view = ({ id }: Pick<Booking, 'id'>) => workers.viewBooking(id, 'ada')
const firstOf = ({ tickets }: Booking): string[] => tickets.slice(0, 1).map(({ id }) => id)

test('tickets given back are void, their seats are sold to others, and their price is owed', async (t) => {
  const eventId = await openHouse()
  const bought = await workers.buyTickets(eventId, [0, 1, 2], 'ada')
  const [first, second, third] = bought.tickets.map((ticket) => ticket.id) as [string, string, string]
  t.deepEqual(await giveBack(bought, [first, third]), { amount_minor: 10_000 })
  t.is(await workers.statesOf(eventId), 'available sold available available')
  const partly = await view(bought)
  t.like(partly, { status: 'confirmed', refund_due_minor: 10_000, refunded_minor: 0, cancelled_for: null })
  t.is(partly.tickets.map(({ id }) => id).join(), [first, second, third].join())
  t.is(partly.tickets.map(({ status }) => status).join(' '), 'void valid void')
  t.deepEqual(partly.places, bought.places)
  await workers.buy(eventId, [0])

  await giveBack(bought)
  t.like(await view(bought), { status: 'cancelled', cancelled_for: 'buyer', refund_due_minor: 15_000 })
  t.is(await workers.statesOf(eventId), 'sold available available available')
})

test('GA tickets given back are counted as free again', async (t) => {
  const eventId = await openHouse({ areas: { Floor: { capacity: 3, priceMinor: 2_000 } } })
  const floor = (qty: number) => ({ areas: [{ area: 'Floor', qty }] })
  const bought = await workers.buyTickets(eventId, floor(3), 'ada')
  await assertRefused(t, workers.hold(eventId, floor(2)), 'not_enough_left')
  const two = bought.tickets.slice(0, 2).map((ticket) => ticket.id)
  t.is((await giveBack(bought, two)).amount_minor, 4_000)
  t.is((await workers.hold(eventId, floor(2))).total_minor, 4_000)
  const [counted] = await workers.postgres.query(
    'SELECT sum(held)::int AS held, sum(sold)::int AS sold FROM booking.area_shards WHERE event_id = $1',
    [eventId],
  )
  t.deepEqual(counted, { held: 2, sold: 1 })
})

test('tickets given back no longer count against the limit', async (t) => {
  const eventId = await openHouse({ maxTicketsPerUser: 2 })
  const bought = await workers.buyTickets(eventId, [0, 1], 'ada')
  await assertRefused(t, workers.hold(eventId, [2], 'ada'), 'ticket_limit')
  await giveBack(bought, firstOf(bought))
  t.is((await workers.hold(eventId, [2], 'ada')).status, 'active')
})

test('a refund takes tickets back once, however often and at once it is asked for, also after the deadline', async (t) => {
  const eventId = await openHouse()
  const bought = await workers.buyTickets(eventId, [0, 1], 'ada')
  const refundId = newId()
  const ask = () => giveBack(bought, firstOf(bought), { refundId })
  const answers = await Promise.all([ask(), ask(), ask()])
  await workers.setSale(eventId, { cancel_until: now() })
  for (const answer of [...answers, await ask()]) t.is(answer.amount_minor, 5_000)
  t.is((await view(bought)).refund_due_minor, 5_000)
  t.is((await assertRefused(t, giveBack(bought), 'not_cancellable')).extra.reason, 'too_late')
})

test('two refunds that want the same ticket at once: one gets it', async (t) => {
  const bought = await workers.buyTickets(await openHouse(), [0, 1], 'ada')
  const answers = await Promise.allSettled([1, 2, 3].map(() => giveBack(bought, firstOf(bought))))
  t.is(answers.filter(({ status }) => status === 'fulfilled').length, 1)
  for (const answer of answers) if (answer.status === 'rejected') t.is(answer.reason.extra.reason, 'ticket_void')
  t.is((await view(bought)).refund_due_minor, 5_000)
})

test('money that is back is counted once', async (t) => {
  const bought = await workers.buyTickets(await openHouse(), [0, 1], 'ada')
  const refundId = newId()
  const record = () => workers.ask(recordRefund, { booking_id: bought.id, refund_id: refundId })
  await assertRefused(t, record(), 'not_found')
  await giveBack(bought, firstOf(bought), { refundId })
  const told = await Promise.all([record(), record(), record()])
  for (const booking of told) t.like(booking, { refunded_minor: 5_000, refund_due_minor: 0 })
})

test('a booking says in the status of its payment that money was paid back, and whether that was all', async (t) => {
  const bought = await workers.buyTickets(await openHouse(), [0, 1], 'ada')
  const payBack = async (ticketIds?: string[]) => {
    const refundId = newId()
    await giveBack(bought, ticketIds, { refundId })
    const owed = await view(bought)
    const paid = await workers.ask(recordRefund, { booking_id: bought.id, refund_id: refundId })
    t.like(await view(bought), { payment: paid.payment })
    return [owed.payment.status, paid.payment.status]
  }
  t.is(bought.payment.status, 'captured')
  t.deepEqual(await payBack(firstOf(bought)), ['captured', 'partly_refunded'])
  t.deepEqual(await payBack(), ['partly_refunded', 'refunded'])
})

test('a cancelled event takes back everything, used tickets as well, and its seats are not sold again', async (t) => {
  const eventId = await openHouse()
  const bought = await workers.buyTickets(eventId, [0, 1], 'ada')
  await workers.postgres.query(
    `UPDATE booking.tickets SET status = 'used' WHERE id = (SELECT id FROM booking.tickets WHERE event_id = $1 LIMIT 1)`,
    [eventId],
  )
  await workers.setSale(eventId, { status: 'cancelled', cancel_until: tomorrow() })
  const all = giveBack(bought, undefined, { reason: 'event_cancelled', by: { caller: system('purchase') } })
  t.is((await all).amount_minor, 10_000)
  t.is(await workers.statesOf(eventId), 'blocked blocked blocked blocked')
  const rows = await workers.postgres.query<{ state: string }>(
    'SELECT state FROM booking.event_seats WHERE event_id = $1 ORDER BY seat_no',
    [eventId],
  )
  t.is(rows.map(({ state }) => state).join(' '), 'blocked blocked available available')
  const gone = await view(bought)
  t.like(gone, { status: 'cancelled', cancelled_for: 'event_cancelled' })
  t.true(gone.tickets.every((ticket) => ticket.status === 'void'))
})

test('buyers give back their own tickets and organisers any, each for their own reason', async (t) => {
  const eventId = await openHouse()
  await workers.setSale(eventId, { cancel_until: now() })
  const bought = await workers.buyTickets(eventId, [0], 'ada')
  const other = await workers.buyTickets(eventId, [1], 'eve')
  await assertRefused(t, giveBack(bought, undefined, { by: { as: 'eve' } }), 'not_found')
  await assertRefused(t, giveBack(bought, undefined, { reason: 'organiser' }), 'forbidden')
  await assertRefused(t, giveBack(bought, undefined, { by: organiser }), 'forbidden')
  const asOrganiser = { reason: 'organiser', by: organiser } as const
  await assertRefused(t, giveBack(bought, firstOf(other), asOrganiser), 'not_found')
  const nowhere = { id: publicId({ eventId, ownId: newId() }) }
  await assertRefused(t, giveBack(nowhere, undefined, asOrganiser), 'not_found')
  t.is((await giveBack(bought, undefined, asOrganiser)).amount_minor, 5_000)
})

test('the cancellation of an event waits for a confirmation under way, and later ones are lost', async (t) => {
  const eventId = await openHouse()
  const bookingId = await workers.beginPayment(await workers.hold(eventId, [0]))
  const lateBooking = await workers.beginPayment(await workers.hold(eventId, [1]))
  const sql = 'SELECT status FROM booking.bookings WHERE event_id = $1 ORDER BY id'
  const bookings = () => workers.postgres.query<{ status: string }>(sql, [eventId])
  const begun = await workers.postgres.transaction(async (db) => {
    // Keeps the confirmation from getting at its seat.
    await lockSeats(db, eventId, [0])
    const confirming = workers.confirm(bookingId)
    await untilLocksAreAwaited(workers.postgres, db, { part: 'booking.event_seats' })
    const cancelling = workers.setSale(eventId, { status: 'cancelled' }).then(bookings)
    await untilLocksAreAwaited(workers.postgres, db, { part: 'pg_advisory_xact_lock' })
    return { confirming, cancelling }
  })
  t.is(await begun.confirming, 'CONFIRMED')
  t.is((await begun.cancelling).map(({ status }) => status).join(' '), 'confirmed pending')
  t.is(await workers.confirm(lateBooking), 'LOST')
})

const openRow = (areas = {}) => workers.openHouse({ rows: 1, seatsPerRow: 3, areas })
const revoke = (booking: Pick<Booking, 'id'>) => workers.ask(revokeBooking, { booking_id: booking.id, attempt: 1 })

test('a booking whose money was refused for good is cancelled, and its places are sold to others', async (t) => {
  const eventId = await openRow({ Floor: { capacity: 2 } })
  const selection = { seat_nos: [0, 1], areas: [{ area: 'Floor', qty: 2 }] }
  const bought = await workers.buyTickets(eventId, selection, 'ada', { captured: false })
  await workers.postgres.query(`UPDATE booking.tickets SET status = 'used' WHERE event_id = $1`, [eventId])
  const revoked = await revoke(bought)
  t.like(revoked, { status: 'cancelled', cancelled_for: 'capture_refused', refund_due_minor: 0 })
  t.deepEqual(revoked.payment, { status: 'failed', captured_minor: 0 })
  t.deepEqual(new Set(revoked.tickets.map((ticket) => ticket.status)), new Set(['void']))
  t.is(await workers.statesOf(eventId), 'available available available')

  await workers.buy(eventId, selection)
  const { seq: _, ...first } = revoked
  t.like(await revoke(bought), first)
  t.is(await workers.statesOf(eventId), 'sold sold available')
  t.is((await view(bought)).status, 'cancelled')
})

test('of a cancelled event the places are not sold again', async (t) => {
  const eventId = await openRow()
  const bought = await workers.buyTickets(eventId, [1], 'ada', { captured: false })
  await workers.setSale(eventId, { status: 'cancelled' })
  await revoke(bought)
  t.is(await workers.statesOf(eventId), 'blocked blocked blocked')
  const sql = 'SELECT state FROM booking.event_seats WHERE event_id = $1 AND seat_no = 1'
  t.deepEqual(await workers.postgres.query(sql, [eventId]), [{ state: 'blocked' }])
})

test('a paid booking is not revoked', async (t) => {
  const bought = await workers.buyTickets(await openRow(), [0], 'ada')
  const { status, payment } = await revoke(bought)
  t.deepEqual({ status, payment }, { status: 'confirmed', payment: { status: 'captured', captured_minor: 5_000 } })
  await assertRefused(t, revoke({ id: publicId({ eventId: bought.event_id, ownId: newId() }) }), 'not_found')
})

test('capture, revocation and cancellation of one booking at once: either all money is there, or no ticket', async (t) => {
  const rounds = Array.from({ length: 6 }, async () => {
    const bought = await workers.buyTickets(await openRow(), [0, 1], 'ada', { captured: false })
    const captured = { attempt: 1, status: 'captured', captured_minor: 10_000 } as const
    await Promise.allSettled([
      workers.ask(recordPayment, { booking_id: bought.id, ...captured }),
      revoke(bought),
      giveBack(bought, firstOf(bought), { reason: 'organiser', by: organiser }),
    ])
    const end = await view(bought)
    const valid = end.tickets.filter((ticket) => ticket.status === 'valid').length
    return `${end.status} ${end.payment.captured_minor} ${end.refund_due_minor} ${valid}`
  })
  for (const end of await Promise.all(rounds)) {
    t.true(['confirmed 10000 0 2', 'confirmed 10000 5000 1', 'cancelled 0 0 0'].includes(end), end)
  }
})
