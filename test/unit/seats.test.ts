import { setTimeout as pause } from 'node:timers/promises'
import test from 'ava'
import fc from 'fast-check'
import { layoutSchema, seatCount } from '#shared/contracts/layout.ts'
import { stockEvent } from '#shared/contracts/stock.ts'
import { chooseSeats } from '../../workers/booking/best-available/choose-seats.ts'
import { runsOf, type Seat } from '../../workers/booking/best-available/free-runs.ts'
import { alternativesNear } from '../../workers/booking/lost-seats/alternatives.ts'
import { packSeatStates } from '../../workers/booking/seat-states.ts'
import { tiersOf } from '../../workers/event/price-tiers.ts'
import { RecentStock, type StockOfEvents } from '../../workers/event/recent-stock.ts'
import { areaFaults, layoutFaults, pricesByName, seatingHash } from '../../workers/event/seating.ts'
import { sectionFaults, simpleSeating } from '../../workers/event/simple-seating.ts'
import { stockBatches } from '../../workers/event/stock-batches.ts'
import { always } from '../support/always.ts'

/** Free seats of a house whose rows are given as strings: `x` is free. */
function house(...rows: string[]): Seat[] {
  let seatNo = 0
  return rows.flatMap((row, rowNo) =>
    [...row].map((state) => ({ seatNo: seatNo++, rowNo, free: state === 'x' })).filter((seat) => seat.free),
  )
}

const anyHouse = fc
  .array(fc.string({ unit: fc.constantFrom('x', '.'), minLength: 1, maxLength: 12 }), { maxLength: 8 })
  .map((rows) => house(...rows))
const anyQty = fc.integer({ min: 1, max: 6 })

test('`tidyOnly` chooses no seats where a single one would be left behind', (t) => {
  t.is(chooseSeats(house('.xxx', '..x.'), 2, { tidyOnly: true }), null)
  t.deepEqual(chooseSeats(house('.xxx', '..xx'), 2, { tidyOnly: true }), [6, 7])
})

test('whatever the house: seats are free, side by side in one row, and refused only where there are none', (t) => {
  always(t, { of: [anyHouse, anyQty] }, (free, qty) => {
    const chosen = chooseSeats(free, qty)
    const fits = runsOf(free).some(({ length }) => length >= qty)
    if (chosen === null) return !fits
    const seats = free.filter(({ seatNo }) => chosen.includes(seatNo))
    return chosen.length === qty && seats.length === qty && runsOf(seats).length === 1
  })
})

test('whatever the house: no single seat is left behind where that can be helped, and no better choice is passed over', (t) => {
  const singles = (seats: readonly Seat[]): number => runsOf(seats).filter(({ length }) => length === 1).length
  always(t, { of: [anyHouse, anyQty] }, (free, qty) => {
    const chosen = chooseSeats(free, qty)
    if (chosen === null) return true
    const newSingles = (taken: readonly number[]): number =>
      singles(free.filter(({ seatNo }) => !taken.includes(seatNo))) - singles(free)
    const runs = runsOf(free).filter(({ length }) => length >= qty)
    const starts = runs.map(({ firstSeatNo }) => Array.from({ length: qty }, (_, index) => firstSeatNo + index))
    const tidy = starts.filter((group) => newSingles(group) <= 0)
    const best = tidy[0] ?? starts[0]
    return JSON.stringify(chosen) === JSON.stringify(best)
  })
})

const row = (rowNo: number, ...seatNos: number[]) => seatNos.map((seatNo) => ({ seatNo, rowNo }))

test('three groups side by side are offered, the nearest first', (t) => {
  const free = [...row(0, 0, 1, 2, 3, 6, 7), ...row(1, 10, 11, 12, 13, 14, 15)]
  t.deepEqual(alternativesNear(free, { seatNo: 8, qty: 2 }), [
    [6, 7],
    [10, 11],
    [12, 13],
  ])
})

test('where nothing is side by side, the nearest seats are offered as they are', (t) => {
  const free = [...row(0, 1, 3, 5), ...row(1, 12, 18)]
  t.deepEqual(alternativesNear(free, { seatNo: 4, qty: 2 }), [[3, 5]])
})

test('nothing is offered where too few seats are free', (t) => {
  t.deepEqual(alternativesNear(row(0, 1), { seatNo: 4, qty: 2 }), [])
})

function unpack(states: string, seats: number): string {
  const bytes = Buffer.from(states, 'base64')
  return Array.from({ length: seats }, (_, seatNo) => ((bytes[seatNo >> 2] ?? 0) >> ((seatNo & 3) * 2)) & 3).join('')
}

test('four seats make a byte, the first one in the lowest bits', (t) => {
  const { states } = packSeatStates([{ firstSeatNo: 0, codes: '0123' }])
  t.deepEqual([...Buffer.from(states, 'base64')], [0b11_10_01_00])
})

test('states come out as they went in, in whatever order rows come, and are counted', (t) => {
  const anyStates = fc.string({ unit: fc.constantFrom('0', '1', '2', '3'), minLength: 2, maxLength: 60 })
  always(t, { of: [anyStates, fc.nat(60)] }, (codes, at) => {
    const cut = at % codes.length
    const rows = [
      { firstSeatNo: cut, codes: codes.slice(cut) },
      { firstSeatNo: 0, codes: codes.slice(0, cut) },
    ]
    const { available, held, sold, states } = packSeatStates(rows)
    const count = (code: string): number => codes.split(code).length - 1
    t.deepEqual([available, held, sold], [count('0'), count('1'), count('2')])
    return unpack(states, codes.length) === codes
  })
})

test('a number without a seat shows as blocked and is not counted', (t) => {
  const { states, ...counts } = packSeatStates([{ firstSeatNo: 2, codes: '00' }])
  t.is(unpack(states, 4), '3300')
  t.deepEqual(counts, { available: 2, held: 0, sold: 0 })
  t.deepEqual(packSeatStates([]), { available: 0, held: 0, sold: 0, states: '' })
})

const eventId = '019a0000-0000-7000-8000-000000000001'
const plain = { accessible: false, price_steps: [] }
const stalls = { name: 'Stalls', rows: 30, seats_per_row: 20, price_minor: 5_000, ...plain }
const balcony = { name: 'Balcony', rows: 2, seats_per_row: 10, price_minor: 3_000, ...plain }

test('sections become rows with letters and numbers, one section behind the other', (t) => {
  const { layout } = simpleSeating([stalls, balcony], [])
  t.deepEqual(layoutSchema.parse(layout), layout)
  t.deepEqual(layoutFaults(layout), [])
  t.is(seatCount(layout), 620)
  t.like(layout.rows[0], { section: 'Stalls', label: 'A', category: 0 })
  t.like(layout.rows[29], { section: 'Stalls', label: 'AD' })
  t.like(layout.rows[30], { section: 'Balcony', label: 'A', category: 1 })
  t.deepEqual(layout.rows[30]?.seats, ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10'])
})

test('two sections with one name and houses beyond 100,000 seats are refused', (t) => {
  t.deepEqual(sectionFaults([stalls, balcony]), [])
  t.is(sectionFaults([stalls, stalls])[0]?.pointer, '/sections/1/name')
  t.is(sectionFaults([{ ...stalls, rows: 200, seats_per_row: 501 }])[0]?.pointer, '/sections')
})

test('stock goes out in batches of at most 256 KB, and every seat has its number and price', (t) => {
  const sections = Array.from({ length: 10 }, (_, index) => ({
    name: `Block ${index}`,
    rows: 20,
    seats_per_row: 500,
    price_minor: 1_000 + index,
    ...plain,
  }))
  const event = { event_id: eventId, version: 1, max_tickets_per_user: 8 }
  const batches = [...stockBatches({ ...simpleSeating(sections, []), currency: 'EUR' }, event)]
  t.true(batches.length > 1)
  let nextSeatNo = 0
  for (const batch of batches) {
    t.true(Buffer.byteLength(JSON.stringify(batch)) <= 256 * 1024)
    t.deepEqual(stockEvent.request.parse(batch), batch)
    for (const row of batch.rows) {
      t.is(row.first_seat_no, nextSeatNo)
      t.is(row.seats.length, row.prices_minor.length)
      t.is(row.prices_minor[0], 1_000 + Math.floor(row.row_no / 20))
      nextSeatNo += row.seats.length
    }
  }
  t.is(nextSeatNo, 100_000)
})

test('prices follow the categories of single seats, and buyers see the tiers that have seats', (t) => {
  const row = { section: 'S', label: 'A', category: [0, 2], seats: ['1', '2'], x: [0, 1], y: [0, 0] }
  const layout = { name: 'Small', width: 2, height: 1, categories: ['Front', 'Unused', 'Back'], rows: [row], areas: [] }
  const categoryPricesMinor = pricesByName(layout.categories, { priceMinor: 2_000, byName: { Front: 9_000 } })
  const seating = { layout, categoryPricesMinor, priceSteps: [[], [], []], areaPricesMinor: [], currency: 'EUR' }
  const [batch] = stockBatches(seating, { event_id: eventId, version: 1, max_tickets_per_user: 8 })
  t.deepEqual(batch?.rows[0]?.prices_minor, [9_000, 2_000])
  const tiers = tiersOf(seating).map(({ name, price_minor }) => `${name} ${price_minor}`)
  t.is(tiers.join(), 'Front 9000,Back 2000')
})

test('rows whose columns do not fit together are named', (t) => {
  const row = { section: 'S', label: 'A', category: 0, seats: ['1', '2'], x: [0, 1], y: [0, 0] }
  const layout = { name: 'Small', width: 2, height: 1, categories: ['One'], rows: [row], areas: [] }
  t.deepEqual(layoutFaults(layout), [])
  for (const wrong of [{ x: [0] }, { y: [] }, { category: 1 }, { category: [0] }, { category: [0, 1] }]) {
    t.is(layoutFaults({ ...layout, rows: [row, { ...row, ...wrong }] })[0]?.pointer, '/layout/rows/1')
  }
})

test('the same seats at other prices are another seating', (t) => {
  const seating = { ...simpleSeating([balcony], []), currency: 'EUR' }
  t.is(seatingHash(seating), seatingHash({ ...simpleSeating([balcony], []), currency: 'EUR' }))
  t.not(seatingHash(seating), seatingHash({ ...seating, currency: 'USD' }))
  t.not(seatingHash(seating), seatingHash({ ...seating, categoryPricesMinor: [3_001] }))
})

test('areas come with the first batch of stock, at their prices; a house may have nothing else', (t) => {
  const areas = [
    { name: 'Pit', capacity: 400, price_minor: 2_500 },
    { name: 'Lawn', capacity: 900, price_minor: 1_500 },
  ]
  const event = { event_id: eventId, version: 1, max_tickets_per_user: 8 }
  for (const sections of [[], [balcony]]) {
    const seating = { ...simpleSeating(sections, areas), currency: 'EUR' }
    t.deepEqual(layoutSchema.parse(seating.layout), seating.layout)
    const [batch] = stockBatches(seating, event)
    t.deepEqual(batch?.areas, [
      { area_no: 0, name: 'Pit', capacity: 400, price_minor: 2_500 },
      { area_no: 1, name: 'Lawn', capacity: 900, price_minor: 1_500 },
    ])
    t.deepEqual(stockEvent.request.parse(batch), batch)
  }
  t.is(areaFaults([...areas, ...areas], '/areas')[1]?.pointer, '/areas/3/name')
})

test('accessible rows and price steps of a section go into stock', (t) => {
  const steps = [{ sold_percent: 50, price_minor: 4_000 }]
  const sections = [{ ...balcony, accessible: true, price_steps: steps }, stalls]
  const seating = { ...simpleSeating(sections, []), currency: 'EUR' }
  const [batch] = stockBatches(seating, { event_id: eventId, version: 1, max_tickets_per_user: 8 })
  t.deepEqual(batch?.tiers, [
    { name: 'Balcony', steps },
    { name: 'Stalls', steps: [] },
  ])
  const accessibles = batch?.rows.slice(1, 3).map(({ accessible }) => accessible)
  t.is(accessibles?.join(), 'true,false')
})

const full = (ids: readonly string[]): StockOfEvents =>
  new Map(
    ids
      .filter((id) => id !== 'unseated')
      .map((id) => [id, { available: 7, placeCount: 9, soldOut: false, steppedPrices: new Map() }]),
  )

const inMs = (ms: number): number => performance.now() + ms

test('requests within a moment share one call, and only new ids are asked for', async (t) => {
  const stock = new RecentStock()
  const asked: string[][] = []
  const ask = async (ids: string[]): Promise<StockOfEvents> => {
    asked.push(ids)
    await pause(1)
    return full(ids)
  }
  const lists = [
    ['a', 'b', 'unseated'],
    ['b', 'a'],
    ['unseated', 'c', 'a'],
  ]
  const found = await Promise.all(lists.map((ids) => stock.of(ids, inMs(5_000), ask)))
  t.deepEqual(asked, [['a', 'b', 'unseated'], ['c']])
  t.is(found.map((events) => [...events.keys()].join(' ')).join(), 'a b,b a,c a')
  t.is(found[0]?.get('a')?.available, 7)
})

test('what was told a moment ago is asked for again', async (t) => {
  const stock = new RecentStock()
  let questions = 0
  const ask = async (ids: string[]): Promise<StockOfEvents> => {
    questions += 1
    return full(ids)
  }
  await stock.of(['a'], inMs(5_000), ask)
  const since = performance.now()
  let oldestMs = 0
  while (questions === 1) {
    const ageMs = performance.now() - since
    await stock.of(['a'], inMs(5_000), ask)
    if (questions === 1) oldestMs = ageMs
    await pause(5)
  }
  t.true(oldestMs < 1_000, `${oldestMs} ms`)
})

test('a question that fails is asked anew by the next list', async (t) => {
  const stock = new RecentStock()
  const failing = stock.of(['a'], inMs(5_000), () => Promise.reject(new Error('booking is away')))
  await t.throwsAsync(failing, { message: 'booking is away' })
  t.true((await stock.of(['a'], inMs(5_000), async (ids) => full(ids))).has('a'))
})

test('each request waits until its own deadline, whichever began the call', async (t) => {
  const stock = new RecentStock()
  const { promise, resolve } = Promise.withResolvers<StockOfEvents>()
  const hasty = stock.of(['a'], inMs(5), () => promise)
  const patient = stock.of(['a'], inMs(60_000), () => t.fail('asked again') as never)
  const late = stock.of(['a'], inMs(-1), () => t.fail('asked again') as never)
  await t.throwsAsync(hasty, { code: 'worker_timeout' })
  await t.throwsAsync(late, { code: 'worker_timeout' })
  resolve(full(['a']))
  t.true((await patient).has('a'))
})
