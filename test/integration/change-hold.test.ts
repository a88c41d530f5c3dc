import test from 'ava'
import type { Hold } from '#shared/contracts/holds.ts'
import { beginPayment, returnHold } from '#shared/contracts/payment-steps.ts'
import { listSeats } from '#shared/contracts/seats.ts'
import { parsePublicId } from '#shared/ids.ts'
import { sharedBookingWorkers } from '../support/booking-workers.ts'
import { assertRefused, outcomeOf } from '../support/refusals.ts'
import { seatNosOf } from '../support/seat-numbers.ts'

const workers = sharedBookingWorkers()

/** Moves the end of a hold and of its places to `expires`, an SQL expression. */
async function endAt({ id }: Hold, expires: string): Promise<void> {
  const own = [parsePublicId(id)?.ownId]
  const { postgres } = workers
  await postgres.query(`UPDATE booking.holds SET active_until = ${expires}, expires_at = ${expires} WHERE id = $1`, own)
  await postgres.query(
    'UPDATE booking.event_seats SET held_until = hold.expires_at FROM booking.holds AS hold WHERE hold_id = id AND id = $1',
    own,
  )
  await postgres.query(
    'UPDATE booking.hold_items SET held_until = expires_at FROM booking.holds WHERE id = $1 AND hold_id = id AND area_no IS NOT NULL',
    own,
  )
}

test('an extended hold has its full time again, and so have its seats and GA tickets', async (t) => {
  const eventId = await workers.openHouse({ areas: { Floor: { capacity: 20 } } })
  const hold = await workers.hold(eventId, { seat_nos: [3, 4], areas: [{ area: 'Floor', qty: 2 }] })
  await endAt(hold, `now() + interval '2 minutes'`)
  const extended = await workers.extend(hold)
  t.is(extended.status, 'active')
  t.true(extended.expires_in_ms > 590_000 && extended.expires_in_ms <= 600_000)
  t.deepEqual(extended.places, hold.places)
  t.is(extended.hard_cap_at, hold.hard_cap_at)
  const kept = await workers.postgres.query<{ held_until: Date }>(
    `SELECT held_until FROM booking.event_seats WHERE event_id = $1 AND state = 'held'
     UNION ALL SELECT held_until FROM booking.hold_items WHERE event_id = $1 AND area_no IS NOT NULL`,
    [eventId],
  )
  t.is(kept.length, 3)
  for (const { held_until } of kept) t.is(held_until.toISOString(), extended.expires_at)
})

test('no hold is extended beyond its hard cap', async (t) => {
  const hold = await workers.hold(await workers.openHouse(), [0])
  await workers.postgres.query(`UPDATE booking.holds SET hard_cap_at = expires_at WHERE id = $1`, [
    parsePublicId(hold.id)?.ownId,
  ])
  await endAt(hold, `hard_cap_at - interval '5 minutes'`)
  const extended = await workers.extend(hold)
  t.is(extended.expires_at, extended.hard_cap_at)
  await assertRefused(t, workers.extend(hold), 'hold_cap_reached')
  t.is((await workers.viewHold(hold)).expires_at, extended.hard_cap_at)
})

test('only an active hold is extended', async (t) => {
  const eventId = await workers.openHouse()
  const late = await workers.hold(eventId, [0])
  await workers.letRunOut(late)
  await assertRefused(t, workers.extend(late), 'hold_expired')

  const back = await workers.hold(eventId, [1])
  await workers.release(back)
  await assertRefused(t, workers.extend(back), 'hold_ended')

  const paying = await workers.hold(eventId, [2])
  const bookingId = await workers.beginPayment(paying)
  await assertRefused(t, workers.extend(paying), 'hold_paying')
  await workers.confirm(bookingId)
  await assertRefused(t, workers.extend(paying), 'hold_ended')
})

test('a hold is extended while the sale is paused, but not once the event is cancelled', async (t) => {
  const eventId = await workers.openHouse()
  const hold = await workers.hold(eventId, [0])
  await workers.setSale(eventId, { status: 'paused' })
  t.is((await workers.extend(hold)).status, 'active')
  await workers.setSale(eventId, { status: 'cancelled' })
  await assertRefused(t, workers.extend(hold), 'event_cancelled')
})

test('an extension and another buyer at the very end of a hold: never do both get the seat, and never is it lost', async (t) => {
  const rounds = Array.from({ length: 12 }, async (_, round) => {
    const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 2 })
    const hold = await workers.hold(eventId, [0])
    await endAt(hold, `clock_timestamp() + ${round} * interval '1 ms'`)
    const both = [outcomeOf(workers.extend(hold), 'extended'), outcomeOf(workers.hold(eventId, [0]), 'taken')]
    const outcome = (await Promise.all(both)).join(' ')
    // One came a moment too late, the other a moment too early.
    if (outcome === 'hold_expired seat_unavailable') await workers.hold(eventId, [0])
    return outcome
  })
  for (const outcome of await Promise.all(rounds)) t.not(outcome, 'extended taken')
})

const heldSeats = async (event_id: string): Promise<number[]> =>
  (await workers.ask(listSeats, { event_id })).items.flatMap((seat) => (seat.state === 'held' ? seat.seat_no : []))
const floor = (qty: number) => ({ areas: [{ area: 'Floor', qty }] })

test('a swap gives new places for the old ones at once: those free, these held, the end where it was', async (t) => {
  const eventId = await workers.openHouse({ priceMinor: 5_000 })
  const hold = await workers.hold(eventId, [0, 1])
  const swapped = await workers.swap(hold, [1, 2, 3])
  t.deepEqual(seatNosOf(swapped.places), [1, 2, 3])
  t.like(swapped, { id: hold.id, status: 'active', total_minor: 15_000, expires_at: hold.expires_at })
  t.deepEqual(await heldSeats(eventId), [1, 2, 3])
  t.deepEqual((await workers.viewHold(hold)).places, swapped.places)
  await workers.hold(eventId, [0])
})

test('a seat that stays keeps the price it was held at; a new one costs what it costs now', async (t) => {
  const eventId = await workers.openHouse({ priceMinor: 5_000 })
  const hold = await workers.hold(eventId, [0])
  await workers.postgres.query('UPDATE booking.event_seats SET price_minor = 7000 WHERE event_id = $1', [eventId])
  const { places, total_minor } = await workers.swap(hold, [0, 1])
  t.is(places.map((place) => place.price_minor).join(' '), '5000 7000')
  t.is(total_minor, 12_000)
})

test('seats become GA tickets and seats again', async (t) => {
  const eventId = await workers.openHouse({ areas: { Floor: { capacity: 4, priceMinor: 3_000 } } })
  const hold = await workers.hold(eventId, [0])
  const { places } = await workers.swap(hold, floor(4))
  t.deepEqual(places, [{ area: 'Floor', qty: 4, price_minor: 3_000 }])
  t.deepEqual(await heldSeats(eventId), [])
  // Its own places count as free, although there are no others.
  t.is((await workers.swap(hold, floor(3))).total_minor, 9_000)
  await assertRefused(t, workers.hold(eventId, floor(2)), 'not_enough_left')
  await workers.swap(hold, { best_available: { qty: 2 } })
  t.is((await workers.hold(eventId, floor(2))).total_minor, 6_000)
})

test('a refused swap leaves the old places untouched, and names the lost seats and others nearby', async (t) => {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 6, areas: { Floor: { capacity: 4 } } })
  const hold = await workers.hold(eventId, { seat_nos: [0, 1], ...floor(2) })
  await workers.hold(eventId, [2])
  const { extra } = await assertRefused(t, workers.swap(hold, [1, 2]), 'seat_unavailable')
  t.deepEqual(extra, { conflicts: [2], held: [2], alternatives: [[3, 4]] })
  await assertRefused(t, workers.swap(hold, floor(5)), 'not_enough_left')
  await assertRefused(t, workers.swap(hold, [77]), '/seat_nos/0')
  t.deepEqual((await workers.viewHold(hold)).places, hold.places)
  t.deepEqual(await heldSeats(eventId), [0, 1, 2])
})

test('a swap counts the new number of places against the limit', async (t) => {
  const eventId = await workers.openHouse({ maxTicketsPerUser: 4 })
  await workers.buy(eventId, [40], 'ada')
  const hold = await workers.hold(eventId, [0, 1, 2], 'ada')
  await assertRefused(t, workers.swap(hold, [0, 1, 2, 3]), 'ticket_limit')
  t.deepEqual(seatNosOf((await workers.swap(hold, [5, 6, 7])).places), [5, 6, 7])
})

test('swapping needs an open sale and a hold that has not run out', async (t) => {
  const eventId = await workers.openHouse()
  const hold = await workers.hold(eventId, [0])
  await workers.setSale(eventId, { status: 'paused' })
  await assertRefused(t, workers.swap(hold, [1]), 'sale_paused')
  await workers.letRunOut(hold)
  await assertRefused(t, workers.swap(hold, [1]), 'hold_expired')
})

test('after a declined payment and a swap the next payment is of the new places', async (t) => {
  const hold = await workers.hold(await workers.openHouse({ priceMinor: 5_000 }), [0], 'ada')
  const booking_id = await workers.beginPayment(hold)
  await assertRefused(t, workers.swap(hold, [1]), 'hold_paying')
  await workers.ask(returnHold, { booking_id, attempt: 1 })
  await workers.swap(hold, [1, 2])
  const second = await workers.ask(beginPayment, { hold_id: hold.id }, { as: 'ada' })
  t.like(second, { booking_id, attempt: 2, total_minor: 10_000 })
})

test('two buyers who want each others seats both keep their own, and nobody waits for ever', async (t) => {
  const rounds = Array.from({ length: 8 }, async () => {
    const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 6 })
    const [ada, bob] = await Promise.all([workers.hold(eventId, [0, 5]), workers.hold(eventId, [1, 4])])
    const swaps = [workers.swap(ada, [1, 5, 4]), workers.swap(bob, [4, 0])]
    await Promise.all(swaps.map((swap) => assertRefused(t, swap, 'seat_unavailable')))
    t.deepEqual(await heldSeats(eventId), [0, 1, 4, 5])
  })
  await Promise.all(rounds)
})

test('swaps and holds that want the same seats from both sides at once: each seat has one holder, and all are answered', async (t) => {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 12 })
  const swappers = await Promise.all([0, 1, 10, 11].map((own) => workers.hold(eventId, [own])))
  const outcomes = await Promise.all([
    ...swappers.map((hold, index) =>
      outcomeOf(workers.swap(hold, index % 2 === 0 ? [4, 5, 6, 7] : [7, 6, 5, 4]), 'swapped'),
    ),
    ...[4, 5, 6, 7].map((seatNo) => outcomeOf(workers.hold(eventId, [11 - seatNo, seatNo]), 'held')),
  ])
  for (const outcome of outcomes) t.true(['swapped', 'held', 'seat_unavailable'].includes(outcome), outcome)
  t.true(outcomes.some((outcome) => outcome !== 'seat_unavailable'))
  const doubled = await workers.postgres.query(
    `SELECT item.seat_no FROM booking.hold_items AS item JOIN booking.holds AS hold ON hold.id = hold_id AND status = 'active'
     LEFT JOIN booking.event_seats AS seat ON seat.event_id = item.event_id AND seat.seat_no = item.seat_no
     WHERE hold.event_id = $1 AND seat.hold_id IS DISTINCT FROM hold.id`,
    [eventId],
  )
  t.deepEqual(doubled, [])
})
