import test from 'ava'
import { listBookings, listSales } from '#shared/contracts/bookings.ts'
import { holdSeats } from '#shared/contracts/holds.ts'
import { beginPayment, cancelTickets, confirmHold, revokeBooking } from '#shared/contracts/payment-steps.ts'
import type { TicketingError } from '#shared/errors.ts'
import { newId } from '#shared/ids.ts'
import { user } from '#shared/messaging/caller.ts'
import { lockBuyer } from '../../workers/booking/store/buyers.ts'
import { askWorker } from '../support/asking.ts'
import { sharedBookingWorkers } from '../support/booking-workers.ts'
import { buyTickets } from '../support/bought-tickets.ts'

const workers = sharedBookingWorkers()

test("a buyer's bookings of all events come newest first, page by page, and nobody else's", async (t) => {
  const bought: string[] = []
  for (const seatNo of [0, 1, 2]) bought.unshift(await workers.buy(await workers.openHouse(), [seatNo], 'lists-three'))
  await workers.buy(await workers.openHouse(), [0], 'bob')

  const first = await workers.ask(listBookings, { limit: 2 }, { as: 'lists-three' })
  t.is(first.message, '3 bookings of user lists-three')
  const second = await workers.ask(listBookings, { limit: 2, cursor: first.next_cursor ?? '' }, { as: 'lists-three' })
  t.is([...first.items, ...second.items].map((booking) => booking.id).join(), bought.join())
  t.is(second.next_cursor, null)
})

test('the message says how many bookings the user has', async (t) => {
  t.is((await workers.ask(listBookings, {}, { as: '125' })).message, '0 bookings of user 125')
  await workers.buy(await workers.openHouse(), [0], '125')
  t.is((await workers.ask(listBookings, {}, { as: '125' })).message, '1 booking of user 125')
})

const organiser = { caller: { role: 'organiser', id: 'box-office' } } as const

test('the sale log tells of every place sold or taken back, what caused it and by which request, newest first', async (t) => {
  const eventId = await workers.openHouse({ areas: { Floor: { capacity: 5, priceMinor: 1_000 } } })
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

test('one person may hold as many seats as the limit says and not one more', async (t) => {
  const eventId = await workers.openHouse({ maxTicketsPerUser: 3 })
  const tooMany = await workers.refusal(holdSeats, { event_id: eventId, best_available: { qty: 4 } }, { as: 'ada' })
  t.is(tooMany.code, 'ticket_limit')
  t.deepEqual(tooMany.extra, { limit: 3, tickets: 0 })
  t.is((await workers.hold(eventId, [0, 1, 2], 'ada')).places.length, 3)
})

test('tickets bought before count, those of others and of other events do not', async (t) => {
  const eventId = await workers.openHouse({ maxTicketsPerUser: 3 })
  await workers.buy(eventId, [0, 1], 'ada')
  await workers.buy(eventId, [2, 3], 'bob')
  await workers.buy(await workers.openHouse(), [0, 1, 2], 'ada')
  const refusal = await workers.refusal(holdSeats, { event_id: eventId, seat_nos: [4, 5] }, { as: 'ada' })
  t.is(refusal.code, 'ticket_limit')
  t.deepEqual(refusal.extra, { limit: 3, tickets: 2 })
  await workers.buy(eventId, [4], 'ada')
})

test('twenty requests of one person at once do not get past the limit', async (t) => {
  const eventId = await workers.openHouse({ maxTicketsPerUser: 3 })
  await workers.buy(eventId, [0, 1], 'ada')
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      workers.hold(eventId, [10 + index], 'ada').then(
        () => 'held',
        (error: TicketingError) => error.code,
      ),
    ),
  )
  t.deepEqual(outcomes.toSorted(), ['held', ...Array(19).fill('hold_exists')])
})

test('a late confirmation and a new hold at once do not get past the limit together', async (t) => {
  const rounds = Array.from({ length: 8 }, async (_, round) => {
    const eventId = await workers.openHouse({ maxTicketsPerUser: 2 })
    const buyer = `ada-${round}`
    const hold = await workers.hold(eventId, [0, 1], buyer)
    const { booking_id } = await workers.ask(beginPayment, { hold_id: hold.id }, { as: buyer })
    await workers.letRunOut(hold)
    const [confirmed, next] = await Promise.all([
      workers.ask(confirmHold, { booking_id }),
      workers.hold(eventId, [5, 6], buyer).then(
        () => 'held',
        (error: TicketingError) => error.code,
      ),
    ])
    return `${confirmed.outcome} ${next}`
  })
  for (const outcome of await Promise.all(rounds))
    t.true(['CONFIRMED ticket_limit', 'LOST held'].includes(outcome), outcome)
})

test('a request that waits too long for another of the same buyer may be retried, and no seat is called taken', async (t) => {
  const eventId = await workers.openHouse({ maxTicketsPerUser: 2 })
  await workers.postgres.transaction(async (db) => {
    await lockBuyer(db, { eventId, userId: 'ada' })
    // Sent, but not waited for.
    await db.query('SELECT')
    const asking = askWorker(workers.bus, holdSeats, { event_id: eventId, seat_nos: [0, 1] }, { caller: user('ada') })
    await t.throwsAsync(asking, {
      code: 'overloaded',
      message: 'Another request is changing the same data; try again shortly.',
    })
  })
  t.is((await workers.hold(eventId, [0, 1], 'ada')).status, 'active')
})
