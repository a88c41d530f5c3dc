import test from 'ava'
import { listBookings, listSales } from '#shared/contracts/bookings.ts'
import { cancelTickets, revokeBooking } from '#shared/contracts/payment-steps.ts'
import { newId } from '#shared/ids.ts'
import { sharedBookingWorkers } from '../support/booking-workers.ts'
import { allPages } from '../support/pages.ts'
import { assertRefused, outcomeOf } from '../support/refusals.ts'

const workers = sharedBookingWorkers()

test("a buyer's bookings of all events come newest first, page by page, with their number, and nobody else's", async (t) => {
  const as = newId()
  const list = (cursor = {}) => workers.ask(listBookings, { limit: 2, ...cursor }, { as })
  const bought: string[] = []
  for (const number of ['0 bookings', '1 booking', '2 bookings']) {
    t.is((await list()).message, `${number} of user ${as}`)
    bought.unshift(await workers.buy(await workers.openHouse(), [0], as))
    await workers.buy(await workers.openHouse(), [0], 'bob')
  }
  const pages = await allPages(list)
  const ids = pages.map((page) => page.map(({ id }) => id))
  t.deepEqual(ids, [bought.slice(0, 2), bought.slice(2)])
})

const organiser = { caller: { role: 'organiser', id: 'box-office' } } as const

test('the sale log tells of every place sold or taken back, what caused it and by which request, newest first', async (t) => {
  const eventId = await workers.openHouse({ areas: { Floor: { capacity: 5, priceMinor: 1_000 } } })
  const ada = await workers.buyTickets(eventId, { seat_nos: [0], areas: [{ area: 'Floor', qty: 2 }] }, 'ada')
  const late = await workers.hold(eventId, [1])
  const booking_id = await workers.beginPayment(late)
  await workers.letRunOut(late)
  for (const _ of ['once', 'again']) await workers.confirm(booking_id)
  for (const _ of ['once', 'again']) await workers.ask(revokeBooking, { booking_id, attempt: 1 })
  const refund = { booking_id: ada.id, refund_id: newId(), reason: 'organiser' } as const
  await workers.ask(cancelTickets, refund, organiser)

  const pages = await allPages((cursor) =>
    workers.ask(listSales, { event_id: eventId, limit: 3, ...cursor }, organiser),
  )
  const items = pages.flat()
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
})

test('the sale log is for organisers, and an invalid cursor is refused', async (t) => {
  const event_id = await workers.openHouse()
  await assertRefused(t, workers.ask(listSales, { event_id }, { as: 'ada' }), 'forbidden')
  t.deepEqual((await workers.ask(listSales, { event_id }, organiser)).items, [])
  await assertRefused(t, workers.ask(listSales, { event_id, cursor: 'nonsense' }, organiser), 'validation_failed')
})

test('one person may hold as many seats as the limit says and not one more', async (t) => {
  const eventId = await workers.openHouse({ maxTicketsPerUser: 3 })
  const { extra } = await assertRefused(t, workers.hold(eventId, { best_available: { qty: 4 } }), 'ticket_limit')
  t.deepEqual(extra, { limit: 3, tickets: 0 })
  t.is((await workers.hold(eventId, [0, 1, 2])).places.length, 3)
})

test('tickets bought before count, those of others and of other events do not', async (t) => {
  const eventId = await workers.openHouse({ maxTicketsPerUser: 3 })
  await workers.buy(eventId, [0, 1], 'ada')
  await workers.buy(eventId, [2, 3], 'bob')
  await workers.buy(await workers.openHouse(), [0, 1, 2], 'ada')
  const { extra } = await assertRefused(t, workers.hold(eventId, [4, 5], 'ada'), 'ticket_limit')
  t.deepEqual(extra, { limit: 3, tickets: 2 })
  await workers.buy(eventId, [4], 'ada')
})

test('a late confirmation and a new hold at once do not get past the limit together', async (t) => {
  const rounds = Array.from({ length: 8 }, async () => {
    const eventId = await workers.openHouse({ maxTicketsPerUser: 2 })
    const hold = await workers.hold(eventId, [0, 1], 'ada')
    const bookingId = await workers.beginPayment(hold)
    await workers.letRunOut(hold)
    const next = outcomeOf(workers.hold(eventId, [5, 6], 'ada'), 'held')
    return (await Promise.all([workers.confirm(bookingId), next])).join(' ')
  })
  for (const outcome of await Promise.all(rounds))
    t.true(['CONFIRMED ticket_limit', 'LOST held'].includes(outcome), outcome)
})
