import test from 'ava'
import { viewBooking } from '#shared/contracts/bookings.ts'
import { cancelTickets, recordPayment, revokeBooking } from '#shared/contracts/payment-steps.ts'
import { listSeats } from '#shared/contracts/seats.ts'
import { setSale } from '#shared/contracts/stock.ts'
import { newId, publicId } from '#shared/ids.ts'
import { sharedBookingWorkers } from '../support/booking-workers.ts'
import { buyTickets } from '../support/bought-tickets.ts'

const workers = sharedBookingWorkers()

const statesOf = async (event_id: string) =>
  (await workers.ask(listSeats, { event_id })).items.map((seat) => seat.state)
const openHouse = (standing = {}) => workers.openHouse({ rows: 1, seatsPerRow: 3, standing })

test('a booking whose money was refused for good is cancelled, and its places are sold to others', async (t) => {
  const eventId = await openHouse({ Floor: { capacity: 2 } })
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
  const eventId = await openHouse()
  const bought = await buyTickets(workers, { eventId, as: 'ada', captured: false, seat_nos: [1] })
  await workers.ask(setSale, { event_id: eventId, status: 'cancelled', on_sale_at: null, off_sale_at: null })
  await workers.ask(revokeBooking, { booking_id: bought.id, attempt: 1 })
  t.deepEqual(await statesOf(eventId), ['blocked', 'blocked', 'blocked'])
  const sql = 'SELECT state FROM booking.event_seats WHERE event_id = $1 AND seat_no = 1'
  t.deepEqual(await workers.postgres.query(sql, [eventId]), [{ state: 'blocked' }])
})

test('a booking that is paid for stays, whatever is said of its money later', async (t) => {
  const bought = await buyTickets(workers, { eventId: await openHouse(), as: 'ada', seat_nos: [0] })
  const { status, payment } = await workers.ask(revokeBooking, { booking_id: bought.id, attempt: 1 })
  t.deepEqual({ status, payment }, { status: 'confirmed', payment: { status: 'captured', captured_minor: 5_000 } })
  const nowhere = publicId({ eventId: bought.event_id, ownId: newId() })
  t.is((await workers.refusal(revokeBooking, { booking_id: nowhere, attempt: 1 })).code, 'not_found')
})

test('capture, revocation and cancellation of one booking at once: either all money is there, or no ticket', async (t) => {
  const rounds = Array.from({ length: 6 }, async () => {
    const eventId = await openHouse()
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
