import test from 'ava'
import { listBookings, viewBooking } from '#shared/contracts/bookings.ts'
import { sharedBookingWorkers } from '../support/booking-workers.ts'

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
