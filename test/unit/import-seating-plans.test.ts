import { readFileSync } from 'node:fs'
import test from 'ava'
import { seatCount } from '#shared/contracts/layout.ts'
import { readPlaceGeometry } from '../../infra/ops/import/formats/place-geometry.ts'
import { readPretixPlan } from '../../infra/ops/import/formats/pretix-plan.ts'
import { readSource } from '../../infra/ops/import/formats/recognise.ts'
import { gaTicketCount } from '../../infra/ops/import/formats/seating-plan.ts'
import { readStandsAndRows, seatNumbers } from '../../infra/ops/import/formats/stands-and-rows.ts'
import { realFile, realLayout, testWithRealData } from '../support/real-data.ts'

interface Seat {
  number: string
  x?: number
  guid?: string
  category?: string
}

const pretixRow = (row: string, seats: readonly Seat[]) => ({
  row_number: row,
  position: { x: 10, y: 20 },
  seats: seats.map(({ number, x = 0, guid = `${row}-${number}`, category = 'Red' }) => ({
    seat_guid: guid,
    seat_number: number,
    position: { x, y: 0.26 },
    category,
  })),
})

function pretixPlan(rows: readonly object[]) {
  const zones = [{ name: 'Stalls', position: { x: 100, y: 200 }, rows }]
  return { name: 'House', size: { width: 500, height: 400 }, categories: [{ name: 'Red' }, { name: 'Blue' }], zones }
}

const geometry = (totalPlaces: number, segments: readonly object[]) => ({
  venue: 'Arena',
  market: 'Boston, MA',
  totalPlaces,
  pages: [{ width: 100, height: 100, segments }],
})

const section = (name: string, rows: readonly object[]) => ({
  name: `Level ${name}`,
  segments: [{ name, segments: rows }],
})

const geometryRow = (name: string, y: number, seats = ['1', '2']) => ({
  name,
  placesNoKeys: seats.map((seat, index) => [`id-${name}-${seat}`, seat, 40 + index * 10, y]),
})

test('positions of zone, row and seat add up, to a tenth of a unit', (t) => {
  const { layout } = readPretixPlan(pretixPlan([pretixRow('A', [{ number: '1', x: 5.04 }])]))
  t.deepEqual(layout.rows, [{ section: 'Stalls', label: 'A', category: 0, seats: ['1'], x: [115], y: [220.3] }])
  t.deepEqual([layout.width, layout.height], [500, 400])
})

test('a row may mix categories, and categories without seats are left out', (t) => {
  const mixed = [{ number: '1', category: 'Blue' }, { number: '2' }]
  const { layout } = readPretixPlan(pretixPlan([pretixRow('A', mixed)]))
  t.deepEqual(layout.categories, ['Blue', 'Red'])
  t.deepEqual(layout.rows[0]?.category, [0, 1])
  const { layout: plain, notes } = readPretixPlan(pretixPlan([pretixRow('A', [{ number: '1' }])]))
  t.deepEqual(plain.categories, ['Red'])
  t.deepEqual(notes, ['1 of 2 categories have no seats and are left out'])
})

test('copied guids do no harm where zone, row and number differ, and are counted', (t) => {
  const copied = ['1', '2'].map((number, index) => ({ number, guid: 'same', x: 10 * index }))
  const { layout, notes } = readPretixPlan(pretixPlan([pretixRow('A', copied)]))
  t.is(seatCount(layout), 2)
  t.regex(notes[0] ?? '', /^1 copied seat_guids/)
})

test('seats that share zone, row and number are refused, never merged', (t) => {
  const twice = pretixPlan([pretixRow('A', [{ number: '1' }]), pretixRow('A', [{ number: '1', guid: 'other' }])])
  t.throws(() => readPretixPlan(twice), { message: /^1 of its 2 seats .* Stalls, row A, seat 1/ })
})

test('a seat in a category that the plan does not declare is refused', (t) => {
  const plan = pretixPlan([pretixRow('A', [{ number: '1', category: 'Green' }])])
  t.throws(() => readPretixPlan(plan), { message: /A-1 is in category "Green"/ })
})

test('a broken plan is refused with the place of its first fault', (t) => {
  const plan = pretixPlan([{ row_number: 'A', seats: [{ seat_guid: 'g' }] }])
  t.throws(() => readPretixPlan(plan), { message: /^zones\.0\.rows\.0\.seats\.0\.seat_number: / })
})

test('a row is cut where an aisle runs through it', (t) => {
  const seats = [0, 10, 20, 50, 60].map((x, index) => ({ number: String(index + 1), x }))
  const { layout } = readPretixPlan(pretixPlan([pretixRow('A', seats)]))
  t.is(layout.rows.map((row) => row.seats.join(' ')).join(), '1 2 3,4 5')
})

test('arena rows come nearest to the middle first, with section names as on tickets', (t) => {
  const { layout, city } = readPlaceGeometry(
    geometry(8, [
      section('101', [geometryRow('1', 90), geometryRow('2', 60)]),
      section('102', [geometryRow('1', 52), geometryRow('2', 80)]),
    ]),
  )
  t.is(layout.rows.map((row) => `${row.section}/${row.label}`).join(' '), '102/1 101/2 102/2 101/1')
  t.is(city, 'Boston')
})

test('sections of one name in different places carry the name of the place', (t) => {
  const floor = { name: 'Floor', segments: [{ name: 'A', segments: [geometryRow('1', 50)] }] }
  const balcony = { name: 'Balcony', segments: [{ name: 'A', segments: [geometryRow('1', 90)] }] }
  const { layout } = readPlaceGeometry(geometry(4, [floor, balcony]))
  t.is(layout.rows.map((row) => row.section).join(', '), 'Floor A, Balcony A')
})

test('GA leaves become areas, and places that do not add up refuse the file with both numbers', (t) => {
  const floor = {
    name: 'Floor',
    generalAdmission: true,
    totalPlaces: 571,
    segments: [
      { name: 'GA1', generalAdmission: true, totalPlaces: 500 },
      { name: 'GA2', generalAdmission: true, totalPlaces: 71 },
    ],
  }
  const seats = section('101', [geometryRow('1', 90)])
  const { layout } = readPlaceGeometry(geometry(573, [seats, floor]))
  t.deepEqual(layout.areas, [
    { name: 'GA1', capacity: 500 },
    { name: 'GA2', capacity: 71 },
  ])
  t.throws(() => readPlaceGeometry(geometry(600, [seats, floor])), { message: /600 places, but lists 573/ })
})

test('stands with rows alone are drawn so that no two seats share a place', (t) => {
  const rows = [
    { name: '1', seats: '3' },
    { name: '2', seats: '1-2,5-6' },
  ]
  const sectors = ['1', '2'].map((name) => ({ name, rows }))
  const stands = ['west', 'east'].map((name) => ({ name, sectors }))
  const { layout } = readStandsAndRows({ stands }, 'stadium')
  t.is(layout.name, 'stadium')
  t.is(seatCount(layout), 28)
  t.deepEqual(layout.categories, ['west', 'east'])
  const places = layout.rows.flatMap((row) => row.x.map((x, index) => `${x}/${row.y[index]}`))
  t.is(new Set(places).size, 28)
})

test('seats are a number of them or a list of the numbers that exist', (t) => {
  t.deepEqual(seatNumbers('3'), [1, 2, 3])
  t.deepEqual(seatNumbers('1-3,5, 7-8'), [1, 2, 3, 5, 7, 8])
  t.deepEqual(seatNumbers('0'), [])
  for (const wrong of ['', 'many', '5-1', '1-', '1-99999', '9999']) t.throws(() => seatNumbers(wrong), undefined, wrong)
})

const realPlans: [file: string, seats: number, gaTickets: number][] = [
  ['pretix-small-courtside-300', 300, 0],
  ['pretix-riethsporthalle-1252', 1_252, 0],
  ['pretix-mid-arena-end-stage-5740', 5_740, 0],
  ['pretix-large-amerant-bank-arena', 18_684, 0],
  ['tm-geometry-moody-center-austin', 12_429, 2_500],
  ['tm-geometry-td-garden-boston', 15_247, 1_071],
  ['tm-geometry-united-center-chicago', 17_319, 2_000],
  ['rows-only-metalist-stadium', 39_616, 0],
  ['rows-only-dinamo-west-stand', 4_226, 0],
]

test('the largest shape of a pretix plan is the stage, named by what is written within it', (t) => {
  const rectangle = { width: 100, height: 40 }
  const areas = [
    { shape: 'circle', position: { x: 90, y: 40 }, circle: { radius: 5 }, text: { text: 'COURT' } },
    { shape: 'rectangle', position: { x: 40, y: 20 }, rectangle, text: { text: '' } },
    { shape: 'text', position: { x: 400, y: 300 }, text: { text: 'Exit' } },
  ]
  const plan = pretixPlan([pretixRow('A', [{ number: '1' }])])
  const zones = plan.zones.map((zone) => ({ ...zone, areas }))
  const { stage } = readPretixPlan({ ...plan, zones }).layout
  t.deepEqual(stage, { x: 140, y: 220, width: 100, height: 40, label: 'COURT' })
  t.false('stage' in readPretixPlan(plan).layout)
})

for (const [file, seats, gaTickets] of realPlans) {
  testWithRealData(`${file} has ${seats} seats and ${gaTickets} GA tickets`, (t) => {
    const layout = realLayout(file)
    t.deepEqual([seatCount(layout), gaTicketCount(layout)], [seats, gaTickets])
  })
}

testWithRealData('the plan with 420 copied labels is refused', (t) => {
  const text = readFileSync(realFile('seating-plans/pretix-duplicate-guids-738.json'), 'utf8')
  t.throws(() => readSource(text, { fallbackName: '' }), { message: /^420 of its 738 seats/ })
})
