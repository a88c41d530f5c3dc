import test from 'ava'
import { listSales } from '#shared/contracts/bookings.ts'
import { holdSeats } from '#shared/contracts/holds.ts'
import { beginPayment, cancelTickets, confirmHold, revokeBooking } from '#shared/contracts/payment-steps.ts'
import { newId } from '#shared/ids.ts'
import { sharedBookingWorkers } from '../support/booking-workers.ts'
import { buyTickets } from '../support/bought-tickets.ts'

const workers = sharedBookingWorkers()

const organiser = { caller: { role: 'organiser', id: 'box-office' } } as const

test('the sale log tells of every place sold or taken back, what caused it and by which request, newest first', async (t) => {
  const eventId = await workers.openHouse({ standing: { Floor: { capacity: 5, priceMinor: 1_000 } } })
  const areas = [{ area: 'Floor', qty: 2 }]
  const ada = await buyTickets(workers, { eventId, as: 'ada', seat_nos: [0], areas })
  const late = await workers.ask(holdSeats, { event_id: eventId, seat_nos: [1] }, { as: 'late' })
  const { booking_id } = await workers.ask(beginPayment, { hold_id: late.id }, { as: 'late' })
  await workers.letRunOut(late)
  await workers.ask(confirmHold, { booking_id })
  await workers.ask(confirmHold, { booking_id })
  await workers.ask(revokeBooking, { booking_id, attempt: 1 })
  await workers.ask(revokeBooking, { booking_id, attempt: 1 })
  const refund = { booking_id: ada.id, refund_id: newId(), reason: 'organiser' } as const
  await workers.ask(cancelTickets, refund, organiser)

  const { items, next_cursor } = await workers.ask(listSales, { event_id: eventId }, organiser)
  t.is(next_cursor, null)
  t.deepEqual(
    items.map(({ at: _, request_id: __, ...sale }) => sale),
    [
      { what: 'returned', origin: 'organiser', booking_id: ada.id, places: 3, amount_minor: 7_000 },
      { what: 'returned', origin: 'capture_refused', booking_id, places: 1, amount_minor: 5_000 },
      { what: 'sold', origin: 'rescue', booking_id, places: 1, amount_minor: 5_000 },
      { what: 'sold', origin: 'purchase', booking_id: ada.id, places: 3, amount_minor: 7_000 },
    ],
  )
  t.is(new Set(items.map((sale) => sale.request_id)).size, 4)

  const first = await workers.ask(listSales, { event_id: eventId, limit: 3 }, organiser)
  const rest = await workers.ask(listSales, { event_id: eventId, limit: 3, cursor: first.next_cursor ?? '' }, organiser)
  t.deepEqual([...first.items, ...rest.items], items)
  t.is(rest.next_cursor, null)
})

test('the sale log is for organisers, and an invalid cursor is refused', async (t) => {
  const eventId = await workers.openHouse()
  t.is((await workers.refusal(listSales, { event_id: eventId }, { as: 'ada' })).code, 'forbidden')
  t.deepEqual((await workers.ask(listSales, { event_id: eventId }, organiser)).items, [])
  const refusal = await workers.refusal(listSales, { event_id: eventId, cursor: 'nonsense' }, organiser)
  t.is(refusal.code, 'validation_failed')
})
