import test from 'ava'
import { changeHold, type Hold, holdSeats, releaseHold, viewHold } from '#shared/contracts/holds.ts'
import { beginPayment, confirmHold } from '#shared/contracts/payment-steps.ts'
import { viewAvailability, viewSeatStates } from '#shared/contracts/seats.ts'
import type { TicketingError } from '#shared/errors.ts'
import { newId, parsePublicId } from '#shared/ids.ts'
import { sharedBookingWorkers } from '../support/booking-workers.ts'
import { seatNosOf } from '../support/seat-numbers.ts'
import { sweepAll } from '../support/sweep-all.ts'

const workers = sharedBookingWorkers()

const stand = (eventId: string, qty: number, as = newId()): Promise<Hold> =>
  workers.ask(holdSeats, { event_id: eventId, areas: [{ area: 'Floor', qty }] }, { as })
const refusedToStand = (eventId: string, qty: number): Promise<TicketingError> =>
  workers.refusal(holdSeats, { event_id: eventId, areas: [{ area: 'Floor', qty }] }, { as: newId() })
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

async function buy(hold: Hold): Promise<string> {
  const { booking_id } = await workers.ask(beginPayment, { hold_id: hold.id }, { as: hold.user_id })
  return (await workers.ask(confirmHold, { booking_id })).outcome
}

test.serial('500 buyers rush for an area of 300: exactly 300 get a place, the rest hear it is full', async (t) => {
  const eventId = await openFloor(300)
  const holds: Hold[] = []
  const refusals: string[] = []
  let buyers = 500
  const buyInTurn = async (): Promise<void> => {
    while (buyers-- > 0) {
      await stand(eventId, 1).then(
        (hold) => holds.push(hold),
        (error: TicketingError) => refusals.push(error.code),
      )
    }
  }
  // Twice as many as the workers have connections to Postgres: all shards are always being decided about.
  await Promise.all(Array.from({ length: 40 }, buyInTurn))
  t.deepEqual(new Set(refusals), new Set(['not_enough_left']))
  t.is(holds.length, 300)
  t.deepEqual(await wrongShards(eventId), [])
  t.is(await floorOf(eventId), '0 free, 300 held, 0 sold')
})

test.serial('the last places of an area are sold together although they are spread over its shards', async (t) => {
  const eventId = await openFloor(80)
  await workers.postgres.query('UPDATE booking.area_shards SET sold = 9 WHERE event_id = $1', [eventId])
  const hold = await stand(eventId, 7)
  const refused = await refusedToStand(eventId, 2)
  t.is(refused.code, 'not_enough_left')
  t.deepEqual(refused.extra, { area: 'Floor', left: 1, held_by_others: true })
  t.deepEqual(hold.places, [{ area: 'Floor', qty: 7, price_minor: 3_000 }])
  t.is(hold.total_minor, 21_000)
  t.is(await floorOf(eventId), '1 free, 7 held, 72 sold')
})

test.serial('places of a hold that ran out are sold to the next buyer, with no sweeper at work', async (t) => {
  const eventId = await openFloor(30)
  const slow = await Promise.all([stand(eventId, 8), stand(eventId, 8), stand(eventId, 8), stand(eventId, 6)])
  t.is((await refusedToStand(eventId, 1)).code, 'not_enough_left')
  await Promise.all(slow.map((hold) => workers.letRunOut(hold)))
  t.is(await floorOf(eventId), '30 free, 0 held, 0 sold')
  const { items } = await workers.ask(viewAvailability, { event_ids: [eventId] })
  t.like(items[0], { available: 32, place_count: 32 })
  await Promise.all([stand(eventId, 8), stand(eventId, 8), stand(eventId, 8)])
  t.is(await floorOf(eventId), '6 free, 24 held, 0 sold')
  t.deepEqual(await wrongShards(eventId), [])
})

test.serial('released places are free at once, and releasing twice gives nothing back twice', async (t) => {
  const eventId = await openFloor(20)
  const hold = await stand(eventId, 7, 'ada')
  for (let times = 0; times < 2; times++) await workers.ask(releaseHold, { hold_id: hold.id }, { as: 'ada' })
  t.is(await floorOf(eventId), '20 free, 0 held, 0 sold')
  t.deepEqual(await wrongShards(eventId), [])
})

test.serial('the sweeper gives back what holds that ran out have of an area, and waits for no buyer', async (t) => {
  const eventId = await openFloor(20)
  const [one, other] = [await stand(eventId, 8), await stand(eventId, 8)]
  await workers.letRunOut(one)
  await workers.letRunOut(other)
  const busy = 'SELECT FROM booking.area_shards WHERE event_id = $1 AND held > 0 ORDER BY shard LIMIT 1 FOR UPDATE'
  await workers.postgres.transaction(async (db) => {
    await db.query(busy, [eventId])
    await sweepAll(workers.postgres)
  })
  t.deepEqual(await wrongShards(eventId), [])
  const [held] = await workers.postgres.query<{ held: number }>(
    'SELECT sum(held)::int AS held FROM booking.area_shards WHERE event_id = $1',
    [eventId],
  )
  t.is(held?.held, 8)
  t.is(await floorOf(eventId), '20 free, 0 held, 0 sold')
  t.is((await stand(eventId, 8)).places.length, 1)
  t.deepEqual(await wrongShards(eventId), [])
})

test.serial('buyers who exchange GA tickets for others at once leave every counter right', async (t) => {
  const eventId = await workers.openHouse({
    rows: 1,
    seatsPerRow: 2,
    areas: { Floor: { capacity: 80 }, Lawn: { capacity: 80 } },
  })
  const areas = ['Floor', 'Lawn']
  const outcomes = await Promise.all(
    Array.from({ length: 12 }, async (_, index) => {
      const as = newId()
      const [from = '', to = ''] = index % 2 === 0 ? areas : areas.toReversed()
      const first = { event_id: eventId, areas: [{ area: from, qty: 6 }] }
      const hold = await workers.ask(holdSeats, first, { as })
      const swapped = await workers.ask(changeHold, { hold_id: hold.id, areas: [{ area: to, qty: 6 }] }, { as })
      return swapped.places
    }),
  )
  t.deepEqual(
    outcomes,
    outcomes.map((_, index) => [{ area: areas[1 - (index % 2)] ?? '', qty: 6, price_minor: 5_000 }]),
  )
  t.deepEqual(await wrongShards(eventId), [])
})

test.serial('GA tickets and seats are paid for together, one ticket a place', async (t) => {
  const eventId = await openFloor(20)
  const wish = { event_id: eventId, seat_nos: [1], areas: [{ area: 'Floor', qty: 3 }] }
  const hold = await workers.ask(holdSeats, wish, { as: 'ada' })
  t.is(hold.total_minor, 14_000)
  t.is(await buy(hold), 'CONFIRMED')
  t.is((await workers.ask(viewHold, { hold_id: hold.id }, { as: 'ada' })).status, 'converted')
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
  const late = await stand(eventId, 6, 'late')
  const { booking_id } = await workers.ask(beginPayment, { hold_id: late.id }, { as: 'late' })
  const later = await stand(eventId, 7, 'later')
  const other = await workers.ask(beginPayment, { hold_id: later.id }, { as: 'later' })
  await workers.letRunOut(late)
  await workers.letRunOut(later)
  const quick = await workers.ask(holdSeats, { event_id: eventId, areas: [{ area: 'Floor', qty: 8 }] }, { as: 'quick' })
  const greedy = await stand(eventId, 6, 'greedy')
  t.is((await workers.ask(confirmHold, { booking_id })).outcome, 'CONFIRMED')
  t.is((await workers.ask(confirmHold, { booking_id: other.booking_id })).outcome, 'LOST')
  t.deepEqual(await wrongShards(eventId), [])
  t.is(await floorOf(eventId), '0 free, 14 held, 6 sold')
  t.is(await buy(quick), 'CONFIRMED')
  t.is(await buy(greedy), 'CONFIRMED')
  t.is(await floorOf(eventId), '0 free, 0 held, 20 sold')
  t.deepEqual(await wrongShards(eventId), [])
})

test.serial('a payment that begins keeps the places of its hold from others', async (t) => {
  const eventId = await openFloor(10)
  const hold = await stand(eventId, 8, 'ada')
  await workers.ask(beginPayment, { hold_id: hold.id }, { as: 'ada' })
  const [kept] = await workers.postgres.query<{ kept: boolean }>(
    `SELECT bool_and(item.held_until = hold.expires_at) AS kept FROM booking.hold_items AS item
     JOIN booking.holds AS hold ON hold.id = item.hold_id WHERE hold.id = $1`,
    [parsePublicId(hold.id)?.ownId],
  )
  t.deepEqual(kept, { kept: true })
  t.is((await refusedToStand(eventId, 3)).code, 'not_enough_left')
})

test.serial('an area that the event does not have is the mistake of the caller', async (t) => {
  const eventId = await openFloor(10)
  const areas = [
    { area: 'Floor', qty: 1 },
    { area: 'Roof', qty: 1 },
  ]
  const refused = await workers.refusal(holdSeats, { event_id: eventId, areas }, { as: 'ada' })
  t.is(refused.code, 'validation_failed')
  t.like(refused.extra, { errors: [{ pointer: '/areas/1/area' }] })
})

test.serial('GA tickets count against the limit of tickets a person may have, held and sold', async (t) => {
  const eventId = await openFloor(40)
  t.is((await refusedToStand(eventId, 9)).code, 'ticket_limit')
  t.is(await buy(await stand(eventId, 6, 'ada')), 'CONFIRMED')
  const wish = { event_id: eventId, seat_nos: [0], areas: [{ area: 'Floor', qty: 2 }] }
  t.is((await workers.refusal(holdSeats, wish, { as: 'ada' })).code, 'ticket_limit')
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
  const areas = [
    { area: 'Lawn', qty: 2 },
    { area: 'Floor', qty: 1 },
  ]
  const hold = await workers.ask(holdSeats, { event_id: eventId, best_available: { qty: 2 }, areas }, { as: 'ada' })
  t.deepEqual(seatNosOf(hold.places), [0, 1])
  t.deepEqual(hold.places.slice(2), [
    { area: 'Floor', qty: 1, price_minor: 2_000 },
    { area: 'Lawn', qty: 2, price_minor: 1_000 },
  ])
  t.is(hold.total_minor, 14_000)
  t.deepEqual(await takenOf(eventId), [2, 1, 2])
})

test('if any part of a mixed hold is unavailable, nothing is held', async (t) => {
  const eventId = await openHall()
  await workers.ask(holdSeats, { event_id: eventId, seat_nos: [3], areas: [{ area: 'Lawn', qty: 7 }] }, { as: 'bob' })
  const before = await takenOf(eventId)
  for (const [wish, code] of [
    [{ seat_nos: [0, 1], areas: [{ area: 'Lawn', qty: 4 }] }, 'not_enough_left'],
    [{ seat_nos: [3], areas: [{ area: 'Floor', qty: 1 }] }, 'seat_unavailable'],
    [{ best_available: { qty: 4 }, areas: [{ area: 'Floor', qty: 1 }] }, 'not_enough_left'],
    [
      {
        areas: [
          { area: 'Floor', qty: 1 },
          { area: 'Lawn', qty: 4 },
        ],
      },
      'not_enough_left',
    ],
    [{ seat_nos: [0], areas: [{ area: 'Cellar', qty: 1 }] }, 'validation_failed'],
    [{ seat_nos: [0, 4], areas: [{ area: 'Floor', qty: 1 }] }, 'validation_failed'],
  ] as const) {
    const refused = await workers.refusal(holdSeats, { event_id: eventId, ...structuredClone(wish) } as never, {
      as: 'ada',
    })
    t.is(refused.code, code)
  }
  t.deepEqual(await takenOf(eventId), before)
})

test('mixed holds in opposite order never wait for each other for ever', async (t) => {
  const eventId = await workers.openHouse({
    rows: 10,
    seatsPerRow: 10,
    areas: { Floor: { capacity: 200 }, Lawn: { capacity: 200 } },
  })
  const outcomes = await Promise.all(
    Array.from({ length: 24 }, (_, index) => {
      const areas = [
        { area: 'Floor', qty: 3 },
        { area: 'Lawn', qty: 2 },
      ]
      const request = {
        event_id: eventId,
        best_available: { qty: 1 + (index % 2) },
        areas: index % 2 === 0 ? areas : areas.toReversed(),
      }
      return workers.ask(holdSeats, request, { as: newId() }).then(
        () => 'held',
        ({ code }: { code: string }) => code,
      )
    }),
  )
  t.deepEqual(new Set(outcomes), new Set(['held']))
  t.deepEqual(await takenOf(eventId), [36, 72, 48])
})
