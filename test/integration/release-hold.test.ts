import test from 'ava'
import { abandonHold, changeHold, type Hold, releaseHold, viewHold } from '#shared/contracts/holds.ts'
import { returnHold } from '#shared/contracts/payment-steps.ts'
import { viewAvailability } from '#shared/contracts/seats.ts'
import { newId, publicId } from '#shared/ids.ts'
import { sharedBookingWorkers } from '../support/booking-workers.ts'
import { assertRefused, refusalOf } from '../support/refusals.ts'

const workers = sharedBookingWorkers()

const statusOf = async (hold: Hold) => (await workers.viewHold(hold)).status
const abandon = (hold: Hold) => workers.ask(abandonHold, { hold_id: hold.id }, { as: hold.user_id })

test('hold released by a stranger: nobody but its buyer can give it back, change it or learn that it exists', async (t) => {
  const eventId = await workers.openHouse()
  const hold = await workers.hold(eventId, [0])
  const absent = publicId({ eventId, ownId: newId() })
  for (const [contract, change] of [
    [viewHold, {}],
    [releaseHold, {}],
    [abandonHold, {}],
    [changeHold, { extend: true }],
    [changeHold, { seat_nos: [1] }],
  ] as const) {
    const ask = (hold_id: string) =>
      workers.ask(contract as typeof changeHold, { hold_id, ...change } as never, { as: 'stranger' })
    const { message } = await assertRefused(t, ask(hold.id), 'not_found')
    t.is(message, (await refusalOf(ask(absent))).message)
  }
  t.is(await statusOf(hold), 'active')
})

test('held tickets that never come back: however a hold ends without a sale, all its places are free again', async (t) => {
  const places = { seat_nos: [0, 1, 2], areas: [{ area: 'Floor', qty: 4 }] }
  const endings: Record<string, (hold: Hold) => Promise<unknown>> = {
    released: workers.release,
    abandoned: abandon,
    'run out': workers.letRunOut,
    'run out while being paid for': async (hold) => {
      await workers.beginPayment(hold)
      await workers.letRunOut(hold)
    },
    'declined after its time': async (hold) => {
      const booking_id = await workers.beginPayment(hold)
      await workers.letRunOut(hold)
      await workers.ask(returnHold, { booking_id, attempt: 1 })
    },
  }
  for (const [ending, end] of Object.entries(endings)) {
    const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 3, areas: { Floor: { capacity: 4 } } })
    const free = async () => (await workers.ask(viewAvailability, { event_ids: [eventId] })).items[0]?.available
    const hold = await workers.hold(eventId, places)
    t.is(await free(), 0)
    await end(hold)
    t.is(await free(), 7, ending)
    await workers.hold(eventId, places)
  }
})

test('a hold that has ended has no time left, however it ended', async (t) => {
  const eventId = await workers.openHouse()
  const endings: Record<string, (hold: Hold) => Promise<unknown>> = {
    released: workers.release,
    converted: async (hold) => workers.confirm(await workers.beginPayment(hold)),
    expired: workers.letRunOut,
  }
  for (const [index, [status, end]] of Object.entries(endings).entries()) {
    const hold = await workers.hold(eventId, [index])
    t.true(hold.expires_in_ms > 0)
    await end(hold)
    t.like(await workers.viewHold(hold), { status, expires_in_ms: 0 })
  }
})

test('a page that closes gives places back unless they are being paid for or bought, and is never refused', async (t) => {
  const eventId = await workers.openHouse()
  const hold = await workers.hold(eventId, [0])
  const bookingId = await workers.beginPayment(hold)
  t.deepEqual(await abandon(hold), {})
  t.is(await statusOf(hold), 'paying')
  await workers.confirm(bookingId)
  t.deepEqual(await abandon(hold), {})
  t.is(await statusOf(hold), 'converted')

  const second = await workers.hold(eventId, [1])
  for (const _ of ['once', 'again']) await abandon(second)
  t.is(await statusOf(second), 'released')
  const late = await workers.hold(eventId, [2])
  await workers.letRunOut(late)
  await abandon(late)
  t.is(await statusOf(late), 'expired')
})
