import test from 'ava'
import { layoutSchema, seatCount } from '#shared/contracts/layout.ts'
import { stockEvent } from '#shared/contracts/stock.ts'
import { tiersOf } from '../../workers/event/price-tiers.ts'
import { areaFaults, layoutFaults, pricesByName, seatingHash } from '../../workers/event/seating.ts'
import { sectionFaults, simpleSeating } from '../../workers/event/simple-seating.ts'
import { stockBatches } from '../../workers/event/stock-batches.ts'

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
  t.deepEqual(
    tiersOf(seating).map(({ name, price_minor }) => [name, price_minor]),
    [
      ['Front', 9_000],
      ['Back', 2_000],
    ],
  )
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
  t.deepEqual(
    batch?.rows.slice(1, 3).map(({ accessible }) => accessible),
    [true, false],
  )
})
