import test from 'ava'
import { listSeats, viewAvailability, viewSeatStates } from '#shared/contracts/seats.ts'
import { stockEvent } from '#shared/contracts/stock.ts'
import { newId } from '#shared/ids.ts'
import { callRaw } from '#shared/messaging/call.ts'
import { anonymous } from '#shared/messaging/caller.ts'
import { sharedBookingWorkers } from '../support/booking-workers.ts'
import { allPages } from '../support/pages.ts'
import { assertRefused } from '../support/refusals.ts'
import { until } from '../support/until.ts'

const workers = sharedBookingWorkers()

test('held, sold and free seats show in list, states and availability alike', async (t) => {
  const eventId = await workers.openHouse({ rows: 2, seatsPerRow: 3 })
  await workers.hold(eventId, [1])
  await workers.buy(eventId, [2, 3])

  const pages = await allPages((cursor) => workers.ask(listSeats, { event_id: eventId, limit: 4, ...cursor }))
  t.is(pages.length, 2)
  const read = pages.flat().map((seat) => `${seat.seat_no} ${seat.row}-${seat.label} ${seat.state}`)
  t.is(read.join(', '), '0 R1-1 available, 1 R1-2 held, 2 R1-3 sold, 3 R2-1 sold, 4 R2-2 available, 5 R2-3 available')
  t.like(pages[0]?.[0], { section: 'Stalls', price_minor: 5_000, currency: 'EUR' })

  const { states, seq: _, ...counts } = await workers.ask(viewSeatStates, { event_id: eventId })
  t.deepEqual(counts, { event_id: eventId, version: 1, available: 3, held: 1, sold: 2, areas: [], waited_for: [] })
  t.deepEqual([...Buffer.from(states, 'base64')], [0b10_10_01_00, 0])

  const { items } = await workers.ask(viewAvailability, { event_ids: [eventId, newId()] })
  t.deepEqual(items, [{ event_id: eventId, available: 3, place_count: 6, sold_out: false, stepped_prices: [] }])
})

test('a cancelled event has no free place: neither in lists, nor in states, areas and counts', async (t) => {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 4, areas: { Floor: { capacity: 20 } } })
  await workers.buy(eventId, [0])
  await workers.hold(eventId, [1])
  await workers.letRunOut(await workers.hold(eventId, [2]))
  await workers.setSale(eventId, { status: 'cancelled' })
  t.is(await workers.statesOf(eventId), 'sold held blocked blocked')
  const { states, ...counts } = await workers.ask(viewSeatStates, { event_id: eventId })
  t.like(counts, { available: 0, held: 1, sold: 1 })
  t.like(counts.areas[0], { capacity: 20, available: 0, held: 0, sold: 0 })
  t.deepEqual([...Buffer.from(states, 'base64')], [0b11_11_01_10])
  for (const coarse of [true, false]) {
    const { items: counted } = await workers.ask(viewAvailability, { event_ids: [eventId], coarse })
    t.like(counted[0], { available: 0, place_count: 24 })
  }
})

/** Positions are those of the whole server, where a stranger's unfinished write may hold them up for a moment. */
async function statesOfPosition(eventId: string, seq: string) {
  let states = await workers.ask(viewSeatStates, { event_id: eventId })
  await until(`states of position ${seq}`, async () => {
    states = await workers.ask(viewSeatStates, { event_id: eventId })
    return BigInt(states.seq) >= BigInt(seq)
  })
  return states
}

test('states of the position of a write, or a higher one, include it', async (t) => {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 4 })
  const before = await workers.ask(viewSeatStates, { event_id: eventId })
  const hold = await workers.hold(eventId, [0], 'ada')
  t.true(BigInt(before.seq) < BigInt(hold.seq))
  t.is((await statesOfPosition(eventId, hold.seq)).held, 1)
  const seen = await workers.viewHold(hold)
  t.is((await statesOfPosition(eventId, seen.seq)).held, 1)
})

test('a reply says of which position its states are', async (t) => {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 4 })
  const context = { requestId: newId(), caller: anonymous, deadlineAt: performance.now() + 30_000 }
  const { body, seq } = await callRaw(
    workers.bus,
    { ...viewSeatStates, deadlineMs: 30_000 },
    { event_id: eventId },
    context,
  )
  t.is(seq, JSON.parse(Buffer.from(body).toString('utf8')).seq)
})

test('while an older write is unfinished, the position stays below it and thus below later ones', async (t) => {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 4 })
  const later = await workers.postgres.transaction(async (db) => {
    await db.query('SELECT pg_current_xact_id()')
    const hold = await workers.hold(eventId, [0], 'ada')
    const { seq } = await workers.ask(viewSeatStates, { event_id: eventId })
    t.true(BigInt(seq) < BigInt(hold.seq))
    return hold
  })
  t.is((await statesOfPosition(eventId, later.seq)).held, 1)
})

const stock = (eventId: string, { version = 1, rowNos = [] as number[] }) => {
  const terms = { currency: 'EUR', max_tickets_per_user: 8, tiers: [], areas: [] }
  const rows = rowNos.map((rowNo) => ({
    row_no: rowNo,
    section: 'Stalls',
    label: `R${rowNo}`,
    first_seat_no: rowNo * 2,
    seats: ['a', 'b'],
    prices_minor: [100, 200],
    tier_nos: [0, 0],
  }))
  return workers.ask(stockEvent, { event_id: eventId, version, ...terms, rows })
}

test('stocking again adds nothing; a batch may come late and in any order', async (t) => {
  const eventId = newId()
  t.deepEqual(await stock(eventId, { rowNos: [1] }), { seats_added: 2 })
  t.like(await workers.ask(viewSeatStates, { event_id: eventId }), { available: 2, states: 'Dw==' })
  for (const seats_added of [2, 0]) t.deepEqual(await stock(eventId, { rowNos: [0, 1] }), { seats_added })
  t.like(await workers.ask(viewSeatStates, { event_id: eventId }), { available: 4, states: 'AA==' })
})

test('seats of another layout version are not mixed in', async (t) => {
  await assertRefused(t, stock(await workers.openHouse(), { version: 2 }), 'validation_failed')
})
