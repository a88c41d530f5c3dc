import test from 'ava'
import type { Hold } from '#shared/contracts/holds.ts'
import { viewAvailability, viewSeatStates } from '#shared/contracts/seats.ts'
import { parsePublicId } from '#shared/ids.ts'
import { sharedBookingWorkers } from '../support/booking-workers.ts'
import { assertRefused, outcomeOf, outcomesOf } from '../support/refusals.ts'
import { seatNosOf } from '../support/seat-numbers.ts'
import { sweepAll } from '../support/sweep-all.ts'

const workers = sharedBookingWorkers()

const floor = (qty: number) => ({ area: 'Floor', qty })
const lawn = (qty: number) => ({ area: 'Lawn', qty })
const stand = (eventId: string, qty: number, as?: string): Promise<Hold> =>
  workers.hold(eventId, { areas: [floor(qty)] }, as)
const openFloor = (capacity: number): Promise<string> =>
  workers.openHouse({ rows: 1, seatsPerRow: 2, areas: { Floor: { capacity, priceMinor: 3_000 } } })

/** Free, held and sold places of the only area. */
async function floorOf(eventId: string): Promise<string> {
  const { areas } = await workers.ask(viewSeatStates, { event_id: eventId })
  const { available, held, sold } = areas[0] ?? {}
  return `${available} free, ${held} held, ${sold} sold`
}

/** Shards that have more or fewer places held or sold than the items of holds and bookings say: there must be none. */
const wrongShards = async (eventId: string): Promise<unknown[]> =>
  workers.postgres.query(
    `SELECT area_no, shard, capacity, held, sold FROM booking.area_shards AS area WHERE event_id = $1 AND (
       held + sold > capacity
       OR held <> (SELECT coalesce(sum(qty), 0) FROM booking.hold_items AS item WHERE item.event_id = area.event_id
         AND item.area_no = area.area_no AND item.shard = area.shard AND held_until IS NOT NULL)
       OR sold <> (SELECT count(*) FROM booking.booking_items AS item WHERE item.event_id = area.event_id
         AND item.area_no = area.area_no AND item.shard = area.shard AND live))`,
    [eventId],
  )

const buy = async (hold: Hold): Promise<string> => workers.confirm(await workers.beginPayment(hold))

test.serial('500 buyers rush for an area of 300: exactly 300 get a place, the rest hear it is full', async (t) => {
  const eventId = await openFloor(300)
  const outcomes: string[] = []
  let buyers = 500
  const buyInTurn = async (): Promise<void> => {
    while (buyers-- > 0) outcomes.push(await outcomeOf(stand(eventId, 1), 'held'))
  }
  // Twice as many as the workers have connections to Postgres: all shards are always being decided about.
  await Promise.all(Array.from({ length: 40 }, buyInTurn))
  t.deepEqual(outcomes.toSorted(), [...Array(300).fill('held'), ...Array(200).fill('not_enough_left')])
  t.deepEqual(await wrongShards(eventId), [])
  t.is(await floorOf(eventId), '0 free, 300 held, 0 sold')
})

test.serial('the last places of an area are sold together although they are spread over its shards', async (t) => {
  const eventId = await openFloor(80)
  await workers.postgres.query('UPDATE booking.area_shards SET sold = 9 WHERE event_id = $1', [eventId])
  const hold = await stand(eventId, 7)
  const { extra } = await assertRefused(t, stand(eventId, 2), 'not_enough_left')
  t.deepEqual(extra, { area: 'Floor', left: 1, held_by_others: true })
  t.deepEqual(hold.places, [{ ...floor(7), price_minor: 3_000 }])
  t.is(hold.total_minor, 21_000)
  t.is(await floorOf(eventId), '1 free, 7 held, 72 sold')
})

test.serial('places of a hold that ran out are sold to the next buyer, with no sweeper at work', async (t) => {
  const eventId = await openFloor(30)
  const slow = await Promise.all([8, 8, 8, 6].map((qty) => stand(eventId, qty)))
  await assertRefused(t, stand(eventId, 1), 'not_enough_left')
  await Promise.all(slow.map((hold) => workers.letRunOut(hold)))
  t.is(await floorOf(eventId), '30 free, 0 held, 0 sold')
  const { items } = await workers.ask(viewAvailability, { event_ids: [eventId] })
  t.like(items[0], { available: 32, place_count: 32 })
  await Promise.all([8, 8, 8].map((qty) => stand(eventId, qty)))
  t.is(await floorOf(eventId), '6 free, 24 held, 0 sold')
  t.deepEqual(await wrongShards(eventId), [])
})

test.serial('released places are free at once, and releasing twice gives nothing back twice', async (t) => {
  const eventId = await openFloor(20)
  const hold = await stand(eventId, 7)
  for (const _ of ['once', 'again']) await workers.release(hold)
  t.is(await floorOf(eventId), '20 free, 0 held, 0 sold')
  t.deepEqual(await wrongShards(eventId), [])
})

test.serial('the sweeper gives back what holds that ran out have of an area, and waits for no buyer', async (t) => {
  const eventId = await openFloor(20)
  for (const _ of ['one', 'other']) await workers.letRunOut(await stand(eventId, 8))
  const busy = 'SELECT FROM booking.area_shards WHERE event_id = $1 AND held > 0 ORDER BY shard LIMIT 1 FOR UPDATE'
  await workers.postgres.transaction(async (db) => {
    await db.query(busy, [eventId])
    await sweepAll(workers.postgres)
  })
  t.deepEqual(await wrongShards(eventId), [])
  const sum = 'SELECT sum(held)::int AS held FROM booking.area_shards WHERE event_id = $1'
  t.deepEqual(await workers.postgres.query(sum, [eventId]), [{ held: 8 }])
  t.is(await floorOf(eventId), '20 free, 0 held, 0 sold')
  t.is((await stand(eventId, 8)).places.length, 1)
  t.deepEqual(await wrongShards(eventId), [])
})

test.serial('buyers who exchange GA tickets for others at once leave every counter right', async (t) => {
  const areas = { Floor: { capacity: 80 }, Lawn: { capacity: 80 } }
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 2, areas })
  const swaps = Array.from({ length: 12 }, async (_, index) => {
    const [from, to] = index % 2 === 0 ? [floor(6), lawn(6)] : [lawn(6), floor(6)]
    const hold = await workers.hold(eventId, { areas: [from] })
    const { places } = await workers.swap(hold, { areas: [to] })
    t.deepEqual(places, [{ ...to, price_minor: 5_000 }])
  })
  await Promise.all(swaps)
  t.deepEqual(await wrongShards(eventId), [])
})

test.serial('GA tickets and seats are paid for together, one ticket a place', async (t) => {
  const eventId = await openFloor(20)
  const hold = await workers.hold(eventId, { seat_nos: [1], areas: [floor(3)] })
  t.is(hold.total_minor, 14_000)
  t.is(await buy(hold), 'CONFIRMED')
  t.is((await workers.viewHold(hold)).status, 'converted')
  t.is(await floorOf(eventId), '17 free, 0 held, 3 sold')
  t.deepEqual(await wrongShards(eventId), [])
  const items = await workers.postgres.query(
    `SELECT item.area_no FROM booking.tickets JOIN booking.booking_items AS item ON item.id = item_id
     WHERE tickets.event_id = $1 ORDER BY area_no NULLS FIRST`,
    [eventId],
  )
  t.deepEqual(items, [{ area_no: null }, { area_no: 0 }, { area_no: 0 }, { area_no: 0 }])
})

test.serial('a late payment gets GA tickets anywhere in the area, and none when too few are left', async (t) => {
  const eventId = await openFloor(20)
  const late = await stand(eventId, 6)
  const later = await stand(eventId, 7)
  const [bookingId, other] = [await workers.beginPayment(late), await workers.beginPayment(later)]
  await workers.letRunOut(late)
  await workers.letRunOut(later)
  const [quick, greedy] = [await stand(eventId, 8), await stand(eventId, 6)]
  t.is(await workers.confirm(bookingId), 'CONFIRMED')
  t.is(await workers.confirm(other), 'LOST')
  t.deepEqual(await wrongShards(eventId), [])
  t.is(await floorOf(eventId), '0 free, 14 held, 6 sold')
  for (const hold of [quick, greedy]) t.is(await buy(hold), 'CONFIRMED')
  t.is(await floorOf(eventId), '0 free, 0 held, 20 sold')
  t.deepEqual(await wrongShards(eventId), [])
})

test.serial('a payment that begins keeps the places of its hold from others', async (t) => {
  const eventId = await openFloor(10)
  const hold = await stand(eventId, 8)
  await workers.beginPayment(hold)
  const [kept] = await workers.postgres.query<{ kept: boolean }>(
    `SELECT bool_and(item.held_until = hold.expires_at) AS kept FROM booking.hold_items AS item
     JOIN booking.holds AS hold ON hold.id = item.hold_id WHERE hold.id = $1`,
    [parsePublicId(hold.id)?.ownId],
  )
  t.deepEqual(kept, { kept: true })
  await assertRefused(t, stand(eventId, 3), 'not_enough_left')
})

test.serial('an area that the event does not have is the mistake of the caller', async (t) => {
  const eventId = await openFloor(10)
  const areas = [floor(1), { area: 'Roof', qty: 1 }]
  await assertRefused(t, workers.hold(eventId, { areas }), '/areas/1/area')
})

test.serial('GA tickets count against the limit of tickets a person may have, held and sold', async (t) => {
  const eventId = await openFloor(40)
  await assertRefused(t, stand(eventId, 9), 'ticket_limit')
  t.is(await buy(await stand(eventId, 6, 'ada')), 'CONFIRMED')
  await assertRefused(t, workers.hold(eventId, { seat_nos: [0], areas: [floor(2)] }, 'ada'), 'ticket_limit')
  t.is((await stand(eventId, 2, 'ada')).places.length, 1)
})

const openHall = (): Promise<string> =>
  workers.openHouse({
    rows: 1,
    seatsPerRow: 4,
    areas: { Floor: { capacity: 10, priceMinor: 2_000 }, Lawn: { capacity: 10, priceMinor: 1_000 } },
  })

async function takenOf(eventId: string) {
  const { held, areas } = await workers.ask(viewSeatStates, { event_id: eventId })
  return [held, ...areas.map((area) => area.held)]
}

test('seats and places of several areas are held together, at the sum of their prices', async (t) => {
  const eventId = await openHall()
  const hold = await workers.hold(eventId, { best_available: { qty: 2 }, areas: [lawn(2), floor(1)] })
  t.deepEqual(seatNosOf(hold.places), [0, 1])
  const areas = [
    { ...floor(1), price_minor: 2_000 },
    { ...lawn(2), price_minor: 1_000 },
  ]
  t.deepEqual(hold.places.slice(2), areas)
  t.is(hold.total_minor, 14_000)
  t.deepEqual(await takenOf(eventId), [2, 1, 2])
})

test('if any part of a mixed hold is unavailable, nothing is held', async (t) => {
  const eventId = await openHall()
  await workers.hold(eventId, { seat_nos: [3], areas: [lawn(7)] })
  const before = await takenOf(eventId)
  for (const [wanted, refusal] of [
    [{ seat_nos: [0, 1], areas: [lawn(4)] }, 'not_enough_left'],
    [{ seat_nos: [3], areas: [floor(1)] }, 'seat_unavailable'],
    [{ best_available: { qty: 4 }, areas: [floor(1)] }, 'not_enough_left'],
    [{ areas: [floor(1), lawn(4)] }, 'not_enough_left'],
    [{ seat_nos: [0], areas: [{ area: 'Cellar', qty: 1 }] }, '/areas/0/area'],
    [{ seat_nos: [0, 4], areas: [floor(1)] }, '/seat_nos/1'],
  ] as const) {
    await assertRefused(t, workers.hold(eventId, structuredClone(wanted) as never), refusal)
  }
  t.deepEqual(await takenOf(eventId), before)
})

test('mixed holds in opposite order never wait for each other for ever', async (t) => {
  const areas = { Floor: { capacity: 200 }, Lawn: { capacity: 200 } }
  const eventId = await workers.openHouse({ rows: 10, seatsPerRow: 10, areas })
  const holds = Array.from({ length: 24 }, (_, index) => {
    const areas = index % 2 === 0 ? [floor(3), lawn(2)] : [lawn(2), floor(3)]
    return workers.hold(eventId, { best_available: { qty: 1 + (index % 2) }, areas })
  })
  t.deepEqual(await outcomesOf(holds, 'held'), ['held'])
  t.deepEqual(await takenOf(eventId), [36, 72, 48])
})
