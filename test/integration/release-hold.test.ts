import test from 'ava'
import { abandonHold, changeHold, holdSeats, releaseHold, viewHold } from '#shared/contracts/holds.ts'
import { beginPayment, confirmHold, returnHold } from '#shared/contracts/payment-steps.ts'
import { viewAvailability } from '#shared/contracts/seats.ts'
import { newId, publicId } from '#shared/ids.ts'
import { sharedBookingWorkers } from '../support/booking-workers.ts'

const workers = sharedBookingWorkers()

const statusOf = async (hold_id: string, as: string) => (await workers.ask(viewHold, { hold_id }, { as })).status

test('hold released by a stranger: nobody but its buyer can give it back, change it or learn that it exists', async (t) => {
  const eventId = await workers.openHouse()
  const hold = await workers.hold(eventId, [0], 'owner')
  const absent = publicId({ eventId, ownId: newId() })
  for (const [contract, change] of [
    [viewHold, {}],
    [releaseHold, {}],
    [abandonHold, {}],
    [changeHold, { extend: true }],
    [changeHold, { seat_nos: [1] }],
  ] as const) {
    const refused = (hold_id: string) =>
      workers.refusal(contract as typeof changeHold, { hold_id, ...change } as never, { as: 'stranger' })
    const [foreign, unknown] = [await refused(hold.id), await refused(absent)]
    t.like(foreign, { code: 'not_found', message: unknown.message })
  }
  t.is(await statusOf(hold.id, 'owner'), 'active')
})

test('held tickets that never come back: however a hold ends without a sale, all its places are free again', async (t) => {
  const places = { seat_nos: [0, 1, 2], areas: [{ area: 'Floor', qty: 4 }] }
  const endings: Record<string, (hold_id: string) => Promise<unknown>> = {
    released: (hold_id) => workers.ask(releaseHold, { hold_id }, { as: 'ada' }),
    abandoned: (hold_id) => workers.ask(abandonHold, { hold_id }, { as: 'ada' }),
    'run out': (hold_id) => workers.letRunOut({ id: hold_id }),
    'run out while being paid for': async (hold_id) => {
      await workers.ask(beginPayment, { hold_id }, { as: 'ada' })
      await workers.letRunOut({ id: hold_id })
    },
    'declined after its time': async (hold_id) => {
      const { booking_id } = await workers.ask(beginPayment, { hold_id }, { as: 'ada' })
      await workers.letRunOut({ id: hold_id })
      await workers.ask(returnHold, { booking_id, attempt: 1 })
    },
  }
  for (const [ending, end] of Object.entries(endings)) {
    const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 3, areas: { Floor: { capacity: 4 } } })
    const free = async () => (await workers.ask(viewAvailability, { event_ids: [eventId] })).items[0]?.available
    const wish = { event_id: eventId, ...places }
    const { id } = await workers.ask(holdSeats, wish, { as: 'ada' })
    t.is(await free(), 0)
    await end(id)
    t.is(await free(), 7, ending)
    await workers.ask(holdSeats, wish, { as: 'bob' })
  }
})

test('a hold that has ended has no time left, however it ended', async (t) => {
  const eventId = await workers.openHouse()
  const endings: Record<string, (hold_id: string) => Promise<unknown>> = {
    released: (hold_id) => workers.ask(releaseHold, { hold_id }, { as: 'released' }),
    converted: async (hold_id) => {
      const { booking_id } = await workers.ask(beginPayment, { hold_id }, { as: 'converted' })
      await workers.ask(confirmHold, { booking_id })
    },
    expired: (hold_id) => workers.letRunOut({ id: hold_id }),
  }
  for (const [index, [status, end]] of Object.entries(endings).entries()) {
    const hold = await workers.hold(eventId, [index], status)
    t.true(hold.expires_in_ms > 0)
    await end(hold.id)
    t.like(await workers.ask(viewHold, { hold_id: hold.id }, { as: status }), { status, expires_in_ms: 0 })
  }
})

test('a page that closes gives places back unless they are being paid for or bought, and is never refused', async (t) => {
  const eventId = await workers.openHouse()
  const { id: hold_id } = await workers.hold(eventId, [0], 'ada')
  const abandon = () => workers.ask(abandonHold, { hold_id }, { as: 'ada' })
  const { booking_id } = await workers.ask(beginPayment, { hold_id }, { as: 'ada' })
  t.deepEqual(await abandon(), {})
  t.is(await statusOf(hold_id, 'ada'), 'paying')
  await workers.ask(confirmHold, { booking_id })
  t.deepEqual(await abandon(), {})
  t.is(await statusOf(hold_id, 'ada'), 'converted')

  const second = await workers.hold(eventId, [1], 'bob')
  for (const _ of ['once', 'again']) await workers.ask(abandonHold, { hold_id: second.id }, { as: 'bob' })
  t.is(await statusOf(second.id, 'bob'), 'released')
  const late = await workers.hold(eventId, [2], 'eve')
  await workers.letRunOut(late)
  await workers.ask(abandonHold, { hold_id: late.id }, { as: 'eve' })
  t.is(await statusOf(late.id, 'eve'), 'expired')
})
