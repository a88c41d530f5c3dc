import test from 'ava'
import { changeHold, type Hold, holdSeats, releaseHold, viewHold } from '#shared/contracts/holds.ts'
import { beginPayment, confirmHold, returnHold } from '#shared/contracts/payment-steps.ts'
import type { Selection } from '#shared/contracts/places.ts'
import { listSeats } from '#shared/contracts/seats.ts'
import { setSale } from '#shared/contracts/stock.ts'
import { parsePublicId } from '#shared/ids.ts'
import { sharedBookingWorkers } from '../support/booking-workers.ts'
import { seatNosOf } from '../support/seat-numbers.ts'

const workers = sharedBookingWorkers()

const extend = ({ id }: Hold, as: string) => workers.ask(changeHold, { hold_id: id, extend: true }, { as })
const refusedFor = async ({ id }: Hold, as: string) =>
  (await workers.refusal(changeHold, { hold_id: id, extend: true }, { as })).code
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
  const selection = { seat_nos: [3, 4], areas: [{ area: 'Floor', qty: 2 }] }
  const hold = await workers.ask(holdSeats, { event_id: eventId, ...selection }, { as: 'ada' })
  await endAt(hold, `now() + interval '2 minutes'`)
  const extended = await extend(hold, 'ada')
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
  const hold = await workers.hold(await workers.openHouse(), [0], 'ada')
  await workers.postgres.query(`UPDATE booking.holds SET hard_cap_at = expires_at WHERE id = $1`, [
    parsePublicId(hold.id)?.ownId,
  ])
  await endAt(hold, `hard_cap_at - interval '5 minutes'`)
  const extended = await extend(hold, 'ada')
  t.is(extended.expires_at, extended.hard_cap_at)
  t.is(await refusedFor(hold, 'ada'), 'hold_cap_reached')
  t.is((await workers.ask(viewHold, { hold_id: hold.id }, { as: 'ada' })).expires_at, extended.hard_cap_at)
})

test('only an active hold is extended, and only by its buyer', async (t) => {
  const eventId = await workers.openHouse()
  const late = await workers.hold(eventId, [0], 'late')
  t.is(await refusedFor(late, 'stranger'), 'not_found')
  await workers.letRunOut(late)
  t.is(await refusedFor(late, 'late'), 'hold_expired')

  const back = await workers.hold(eventId, [1], 'back')
  await workers.ask(releaseHold, { hold_id: back.id }, { as: 'back' })
  t.is(await refusedFor(back, 'back'), 'hold_ended')

  const paying = await workers.hold(eventId, [2], 'payer')
  const { booking_id } = await workers.ask(beginPayment, { hold_id: paying.id }, { as: 'payer' })
  t.is(await refusedFor(paying, 'payer'), 'hold_paying')
  await workers.ask(confirmHold, { booking_id })
  t.is(await refusedFor(paying, 'payer'), 'hold_ended')
})

test('a hold is extended while the sale is paused, but not once the event is cancelled', async (t) => {
  const eventId = await workers.openHouse()
  const hold = await workers.hold(eventId, [0], 'ada')
  const sale = { event_id: eventId, on_sale_at: null, off_sale_at: null }
  await workers.ask(setSale, { ...sale, status: 'paused' })
  t.is((await extend(hold, 'ada')).status, 'active')
  await workers.ask(setSale, { ...sale, status: 'cancelled' })
  t.is(await refusedFor(hold, 'ada'), 'event_cancelled')
})

test('an extension and another buyer at the very end of a hold: never do both get the seat, and never is it lost', async (t) => {
  const rounds = Array.from({ length: 12 }, async (_, round) => {
    const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 2 })
    const hold = await workers.hold(eventId, [0], 'ada')
    await endAt(hold, `clock_timestamp() + ${round} * interval '1 ms'`)
    const code = (error: { code: string }) => error.code
    const [extended, taken] = await Promise.all([
      extend(hold, 'ada').then(() => 'extended', code),
      workers.hold(eventId, [0], 'bob').then(() => 'taken', code),
    ])
    const outcome = `${extended} ${taken}`
    // One came a moment too late, the other a moment too early.
    if (outcome === 'hold_expired seat_unavailable') await workers.hold(eventId, [0], 'carol')
    return outcome
  })
  for (const outcome of await Promise.all(rounds)) {
    t.not(outcome, 'extended taken')
  }
})

const swap = ({ id }: Pick<Hold, 'id'>, selection: Selection, as: string) =>
  workers.ask(changeHold, { hold_id: id, ...selection }, { as })
const refused = ({ id }: Pick<Hold, 'id'>, selection: Selection, as: string) =>
  workers.refusal(changeHold, { hold_id: id, ...selection }, { as })
const heldSeats = async (event_id: string): Promise<number[]> =>
  (await workers.ask(listSeats, { event_id })).items.flatMap((seat) => (seat.state === 'held' ? seat.seat_no : []))
const view = ({ id }: Hold, as: string) => workers.ask(viewHold, { hold_id: id }, { as })

test('a swap gives new places for the old ones at once: those free, these held, the end where it was', async (t) => {
  const eventId = await workers.openHouse({ priceMinor: 5_000 })
  const hold = await workers.hold(eventId, [0, 1], 'ada')
  const swapped = await swap(hold, { seat_nos: [1, 2, 3] }, 'ada')
  t.deepEqual(seatNosOf(swapped.places), [1, 2, 3])
  t.like(swapped, { id: hold.id, status: 'active', total_minor: 15_000, expires_at: hold.expires_at })
  t.deepEqual(await heldSeats(eventId), [1, 2, 3])
  t.deepEqual((await view(hold, 'ada')).places, swapped.places)
  await workers.hold(eventId, [0], 'bob')
})

test('a seat that stays keeps the price it was held at; a new one costs what it costs now', async (t) => {
  const eventId = await workers.openHouse({ priceMinor: 5_000 })
  const hold = await workers.hold(eventId, [0], 'ada')
  await workers.postgres.query('UPDATE booking.event_seats SET price_minor = 7000 WHERE event_id = $1', [eventId])
  const { places, total_minor } = await swap(hold, { seat_nos: [0, 1] }, 'ada')
  t.is(places.map((place) => place.price_minor).join(' '), '5000 7000')
  t.is(total_minor, 12_000)
})

test('seats become GA tickets and seats again', async (t) => {
  const eventId = await workers.openHouse({ areas: { Floor: { capacity: 4, priceMinor: 3_000 } } })
  const hold = await workers.hold(eventId, [0], 'ada')
  const areas = await swap(hold, { areas: [{ area: 'Floor', qty: 4 }] }, 'ada')
  t.deepEqual(areas.places, [{ area: 'Floor', qty: 4, price_minor: 3_000 }])
  t.deepEqual(await heldSeats(eventId), [])
  // Its own places count as free, although there are no others.
  t.is((await swap(hold, { areas: [{ area: 'Floor', qty: 3 }] }, 'ada')).total_minor, 9_000)
  const floor = { event_id: eventId, areas: [{ area: 'Floor', qty: 2 }] }
  t.is((await workers.refusal(holdSeats, floor, { as: 'bob' })).code, 'not_enough_left')
  await swap(hold, { best_available: { qty: 2, adjacent: 'require' } }, 'ada')
  t.is((await workers.ask(holdSeats, floor, { as: 'bob' })).total_minor, 6_000)
})

test('a refused swap leaves the old places untouched, and names the lost seats and others nearby', async (t) => {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 6, areas: { Floor: { capacity: 4 } } })
  const both = { event_id: eventId, seat_nos: [0, 1], areas: [{ area: 'Floor', qty: 2 }] }
  const hold = await workers.ask(holdSeats, both, { as: 'ada' })
  await workers.hold(eventId, [2], 'bob')
  const refusal = await refused(hold, { seat_nos: [1, 2] }, 'ada')
  t.is(refusal.code, 'seat_unavailable')
  t.deepEqual(refusal.extra, { conflicts: [2], held: [2], alternatives: [[3, 4]] })
  t.is((await refused(hold, { areas: [{ area: 'Floor', qty: 5 }] }, 'ada')).code, 'not_enough_left')
  t.is((await refused(hold, { seat_nos: [77] }, 'ada')).code, 'validation_failed')
  t.deepEqual((await view(hold, 'ada')).places, hold.places)
  t.deepEqual(await heldSeats(eventId), [0, 1, 2])
})

test('a swap counts the new number of places against the limit', async (t) => {
  const eventId = await workers.openHouse({ maxTicketsPerUser: 4 })
  await workers.buy(eventId, [40], 'ada')
  const hold = await workers.hold(eventId, [0, 1, 2], 'ada')
  t.is((await refused(hold, { seat_nos: [0, 1, 2, 3] }, 'ada')).code, 'ticket_limit')
  t.deepEqual(seatNosOf((await swap(hold, { seat_nos: [5, 6, 7] }, 'ada')).places), [5, 6, 7])
})

test('swapping needs an open sale and a hold of ones own', async (t) => {
  const eventId = await workers.openHouse()
  const hold = await workers.hold(eventId, [0], 'ada')
  t.is((await refused(hold, { seat_nos: [1] }, 'mallory')).code, 'not_found')
  await workers.ask(setSale, { event_id: eventId, status: 'paused', on_sale_at: null, off_sale_at: null })
  t.is((await refused(hold, { seat_nos: [1] }, 'ada')).code, 'sale_paused')
  await workers.letRunOut(hold)
  t.is((await refused(hold, { seat_nos: [1] }, 'ada')).code, 'hold_expired')
})

test('after a declined payment and a swap the next payment is of the new places', async (t) => {
  const hold = await workers.hold(await workers.openHouse({ priceMinor: 5_000 }), [0], 'ada')
  const first = await workers.ask(beginPayment, { hold_id: hold.id }, { as: 'ada' })
  t.is((await refused(hold, { seat_nos: [1] }, 'ada')).code, 'hold_paying')
  await workers.ask(returnHold, { booking_id: first.booking_id, attempt: 1 })
  await swap(hold, { seat_nos: [1, 2] }, 'ada')
  const second = await workers.ask(beginPayment, { hold_id: hold.id }, { as: 'ada' })
  t.like(second, { booking_id: first.booking_id, attempt: 2, total_minor: 10_000 })
})

test('two buyers who want each others seats both keep their own, and nobody waits for ever', async (t) => {
  const rounds = Array.from({ length: 8 }, async () => {
    const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 6 })
    const [ada, bob] = await Promise.all([workers.hold(eventId, [0, 5], 'ada'), workers.hold(eventId, [1, 4], 'bob')])
    const refusals = await Promise.all([
      refused(ada, { seat_nos: [1, 5, 4] }, 'ada'),
      refused(bob, { seat_nos: [4, 0] }, 'bob'),
    ])
    t.is(refusals.map(({ code }) => code).join(' '), 'seat_unavailable seat_unavailable')
    t.deepEqual(await heldSeats(eventId), [0, 1, 4, 5])
  })
  await Promise.all(rounds)
})

test('swaps and holds that want the same seats from both sides at once: each seat has one holder, and all are answered', async (t) => {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 12 })
  const swappers = await Promise.all(
    [0, 1, 10, 11].map(async (own) => ({ own, hold: await workers.hold(eventId, [own], `swapper-${own}`) })),
  )
  const code = (error: { code: string }) => error.code
  const outcomes = await Promise.all([
    ...swappers.map(({ own, hold }, index) => {
      const wanted = index % 2 === 0 ? [4, 5, 6, 7] : [7, 6, 5, 4]
      return swap(hold, { seat_nos: wanted }, `swapper-${own}`).then(() => 'swapped', code)
    }),
    ...[4, 5, 6, 7].map((seatNo) =>
      workers.hold(eventId, [11 - seatNo, seatNo], `holder-${seatNo}`).then(() => 'held', code),
    ),
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
