import test from 'ava'
import fc from 'fast-check'
import type { Layout } from '#shared/contracts/layout.ts'
import { seatPitch } from '#shared/seat-pitch.ts'
import { isInside } from '../../gateway/storefront/browser/seat-map/geometry.ts'
import { SeatGrid } from '../../gateway/storefront/browser/seat-map/grid.ts'
import { type Cursor, firstCursor, moveCursor } from '../../gateway/storefront/browser/seat-map/keys.ts'
import { accessibility, type Plan, placeOf, readPlan } from '../../gateway/storefront/browser/seat-map/plan.ts'
import { type SeatChange, SeatStates } from '../../gateway/storefront/browser/seat-map/states.ts'
import { arena } from '../../infra/ops/demo-catalogue/houses/arena.ts'
import { club } from '../../infra/ops/demo-catalogue/houses/club.ts'
import { theatre } from '../../infra/ops/demo-catalogue/houses/theatre.ts'
import { always } from '../support/always.ts'
import { packStates, pricedEvent, shownLayout } from '../support/houses.ts'
import { realLayout, testWithRealData } from '../support/real-data.ts'

const planOf = (layout: Layout): Plan => readPlan(shownLayout(layout, 'differences'), pricedEvent(layout))

/** A house of some rows of section A, all of one category. */
const houseOf = (...rows: Pick<Layout['rows'][number], 'seats' | 'x' | 'y'>[]): Layout => ({
  ...{ name: 'House', width: 10, height: 1, categories: ['Seat'], areas: [] },
  rows: rows.map((row) => ({ section: 'A', label: '1', category: 0, ...row })),
})

test('seats lie where the layout has them, to a 32nd of a pitch', (t) => {
  for (const draw of [arena, theatre, club]) {
    const layout = draw('House')
    const plan = planOf(layout)
    const [x, y] = [layout.rows.flatMap((row) => row.x), layout.rows.flatMap((row) => row.y)]
    t.true(Math.abs(plan.pitch - seatPitch(layout.rows)) < 1e-9)
    const slack = plan.pitch / 32 + 1e-3
    t.is(plan.seatCount, x.length)
    for (let seat = 0; seat < plan.seatCount; seat += 1) {
      const [dx, dy] = [(plan.x[seat] ?? 0) - (x[seat] ?? 0), (plan.y[seat] ?? 0) - (y[seat] ?? 0)]
      if (Math.abs(dx) > slack || Math.abs(dy) > slack) t.fail(`seat ${seat} is off by ${dx}, ${dy}`)
    }
    t.is(plan.labels.join(), layout.rows.flatMap(({ seats }) => seats).join())
  }
})

test('seat numbers count over all rows, and each seat knows its section, row, label and price', (t) => {
  const layout = theatre('House')
  const plan = planOf(layout)
  const [first, second] = layout.rows
  const seat = first?.seats.length ?? 0
  t.deepEqual(placeOf(plan, seat), {
    section: second?.section ?? '',
    row: second?.label ?? '',
    label: second?.seats[0] ?? '',
    priceMinor: 10_000,
  })
  const ofSections = plan.sections.reduce((sum, { seatCount }) => sum + seatCount, 0)
  t.is(ofSections, plan.seatCount)
  t.true([...plan.accessible].includes(accessibility.companion))
})

test('a seat has the price of its tier, though an area of the same name has another', (t) => {
  const house = { ...houseOf({ seats: ['1'], x: [0], y: [0] }), areas: [{ name: 'Seat', capacity: 9 }] }
  const { price_tiers, areas } = pricedEvent(house)
  for (const [tierMinor, areaMinor] of [
    [5_000, 6_000],
    [6_000, 5_000],
  ] as const) {
    const plan = readPlan(shownLayout(house, 'differences'), {
      price_tiers: price_tiers.map((tier) => ({ ...tier, price_minor: tierMinor })),
      areas: areas.map((area) => ({ ...area, price_minor: areaMinor })),
    })
    t.is(placeOf(plan, 0).priceMinor, tierMinor)
    t.is(plan.prices[plan.areas[0]?.price ?? -1]?.priceMinor, areaMinor)
  }
})

test('seats on both sides of an aisle are no neighbours, though their row is one', (t) => {
  const plan = planOf(houseOf({ seats: ['1', '2'], x: [0, 1], y: [0, 0] }, { seats: ['3'], x: [4], y: [0] }))
  t.is(plan.rows.length, 1)
  t.deepEqual([...plan.startsRun], [1, 0, 1])
})

test('the nearest seat and the seats of a box are those that looking at every seat finds', (t) => {
  const layout = arena('House')
  const plan = planOf(layout)
  const grid = new SeatGrid(plan)
  const { left, top, right, bottom } = plan.box
  const anyX = fc.double({ min: left, max: right, noNaN: true })
  const anyY = fc.double({ min: top, max: bottom, noNaN: true })
  always(t, { of: [anyX, anyY, fc.double({ min: 1, max: 200, noNaN: true })], times: 50 }, (x, y, within) => {
    let [best, found] = [within, -1]
    const inBox = new Set<number>()
    for (let seat = 0; seat < plan.seatCount; seat += 1) {
      const distance = Math.hypot((plan.x[seat] ?? 0) - x, (plan.y[seat] ?? 0) - y)
      if (distance < best) [best, found] = [distance, seat]
      if (Math.abs((plan.x[seat] ?? 0) - x) <= within && Math.abs((plan.y[seat] ?? 0) - y) <= within) inBox.add(seat)
    }
    const nearest = grid.nearest(x, y, within)
    t.is(nearest === undefined, found < 0)
    if (nearest !== undefined) t.is(Math.hypot((plan.x[nearest] ?? 0) - x, (plan.y[nearest] ?? 0) - y), best)
    grid.forEachNear({ left: x - within, right: x + within, top: y - within, bottom: y + within }, (seat) =>
      inBox.delete(seat),
    )
    t.is(inBox.size, 0)
  })
})

testWithRealData('the outline of a section holds all of its seats, in every real plan', (t) => {
  const files = ['tm-geometry-td-garden-boston', 'pretix-large-amerant-bank-arena', 'tm-geometry-moody-center-austin']
  for (const file of files) {
    const plan = planOf(realLayout(file))
    let outside = 0
    for (let seat = 0; seat < plan.seatCount; seat += 1) {
      const [x, y] = [plan.x[seat] ?? 0, plan.y[seat] ?? 0]
      const outline = plan.sections[plan.section[seat] ?? 0]?.outline ?? []
      // Straightened by a fifth of a pitch, and seats lie on the line itself.
      if (!isInside(outline, x, y) && distanceTo(outline, x, y) > plan.pitch * 0.3) outside += 1
    }
    t.is(outside, 0, file)
  }
})

function distanceTo(outline: readonly number[], x: number, y: number): number {
  let nearest = Number.POSITIVE_INFINITY
  for (let at = 0; at < outline.length; at += 2) {
    const next = (at + 2) % outline.length
    const [ax, ay] = [outline[at] ?? 0, outline[at + 1] ?? 0]
    const [dx, dy] = [(outline[next] ?? 0) - ax, (outline[next + 1] ?? 0) - ay]
    const square = dx * dx + dy * dy
    const share = square === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / square))
    nearest = Math.min(nearest, Math.hypot(x - ax - share * dx, y - ay - share * dy))
  }
  return nearest
}

const arrows = ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight']

function freeStates(plan: Plan): SeatStates {
  const states = new SeatStates(plan)
  states.load({ states: packStates(Array.from({ length: plan.seatCount }, () => 0)), areas: [] })
  return states
}

/** All places that keys reach from one, by kind and index. */
function reached(plan: Plan, states: SeatStates, start: Cursor, keys: readonly string[]): Set<string> {
  const seen = new Set([`${start.kind} ${start.index}`])
  const open = [start]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const key of keys) {
      const next = moveCursor(plan, states, at, key)
      // Seats and rows are walked within their section.
      if (next === null || seen.has(`${next.kind} ${next.index}`)) continue
      if (next.kind === 'section' && start.kind === 'seat') continue
      seen.add(`${next.kind} ${next.index}`)
      open.push(next)
    }
  }
  return seen
}

/** How many places the keys do not reach: sections from the first one, seats from the rows of their section. */
function unreached(plan: Plan, seatKeys: readonly string[]): { sections: number; seats: number } {
  const states = freeStates(plan)
  const start = firstCursor(plan)
  if (start === null) return { sections: 0, seats: 0 }
  const places = reached(plan, states, start, arrows)
  const drawnAreas = plan.areas.filter(({ box }) => box !== null).length
  let seats = 0
  for (const { rows, seatCount } of plan.sections) {
    const first = plan.rows[rows[0] ?? 0]?.first ?? 0
    const found = reached(plan, states, { kind: 'seat', index: first }, seatKeys)
    seats += seatCount - [...found].filter((place) => isSeatOf(plan, place, plan.section[first] ?? 0)).length
  }
  return { sections: plan.sections.length + drawnAreas - places.size, seats }
}

function isSeatOf(plan: Plan, place: string, section: number): boolean {
  const [kind, index] = place.split(' ')
  return kind === 'seat' && plan.section[Number(index)] === section
}

test('the four arrows reach every section, area and seat of the demo houses', (t) => {
  for (const draw of [theatre, club, arena])
    t.deepEqual(unreached(planOf(draw('House')), arrows), { sections: 0, seats: 0 }, draw.name)
})

testWithRealData('arrows, Enter and Escape reach every section and seat of real houses', (t) => {
  const files = ['tm-geometry-td-garden-boston', 'pretix-riethsporthalle-1252', 'tm-geometry-united-center-chicago']
  for (const file of files) {
    t.deepEqual(unreached(planOf(realLayout(file)), [...arrows, 'Enter', 'Escape']), { sections: 0, seats: 0 }, file)
  }
})

test('Enter goes from section to row to seat, Escape back, Home and End to the ends of a row', (t) => {
  const plan = planOf(theatre('House'))
  const states = freeStates(plan)
  const { first, end } = plan.rows[0] ?? { first: 0, end: 0 }
  states.apply([[first, 2]])
  const press = (cursor: Cursor | null, key: string): Cursor | null => cursor && moveCursor(plan, states, cursor, key)
  const row = press(firstCursor(plan), 'Enter')
  t.deepEqual(row, { kind: 'row', index: 0 })
  const seat = press(row, 'Enter')
  t.deepEqual(seat, { kind: 'seat', index: first + 1 }, 'the first free seat')
  t.deepEqual(press(seat, 'Home'), { kind: 'seat', index: first })
  t.deepEqual(press(seat, 'End'), { kind: 'seat', index: end - 1 })
  t.deepEqual(press(press(seat, 'Escape'), 'Escape'), { kind: 'section', index: 0 })
})

test('arrows follow the screen: left is left, whichever seat is number 1', (t) => {
  const plan = planOf(houseOf({ seats: ['1', '2', '3'], x: [2, 1, 0], y: [0, 0, 0] }))
  t.deepEqual(moveCursor(plan, freeStates(plan), { kind: 'seat', index: 0 }, 'ArrowLeft'), { kind: 'seat', index: 1 })
  t.is(moveCursor(plan, freeStates(plan), { kind: 'seat', index: 0 }, 'ArrowRight'), null)
})

const layout = theatre('House')
const plan = planOf(layout)

const anyState = fc.constantFrom(0, 1, 2, 3)
const anyStates = fc.array(anyState, { minLength: plan.seatCount, maxLength: plan.seatCount })
const anyChange: fc.Arbitrary<SeatChange> = fc.tuple(fc.nat(plan.seatCount + 20), anyState)

test('after any changes, free seats of house, sections and rows are those that a recount finds', (t) => {
  const anyBatches = fc.array(fc.array(anyChange, { maxLength: 40 }), { maxLength: 10 })
  always(t, { of: [anyStates, anyBatches], times: 30 }, (snapshot, batches) => {
    const states = new SeatStates(plan)
    t.true(states.load({ states: packStates(snapshot), areas: [] }))
    const expected: number[] = [...snapshot]
    for (const batch of batches) {
      const before = [...expected]
      for (const [seat, state] of batch) if (seat < expected.length) expected[seat] = state
      const changed = new Set(states.apply(batch))
      for (const [seat, state] of expected.entries()) if (state !== before[seat]) t.true(changed.has(seat))
    }
    const free = (seats: readonly number[]): number => seats.filter((seat) => expected[seat] === 0).length
    const all = expected.map((_, seat) => seat)
    t.is(all.map((seat) => states.of(seat)).join(), expected.join())
    t.is(states.free, free(all))
    for (const index of plan.sections.keys()) {
      t.is(states.freeOfSection(index), free(all.filter((seat) => plan.section[seat] === index)))
    }
    for (const index of plan.rows.keys()) {
      t.is(states.freeOfRow(index), free(all.filter((seat) => plan.row[seat] === index)))
    }
  })
})

test('the longest run of a row ends at taken seats and at aisles', (t) => {
  const rows = [
    { seats: ['1', '2', '3'], x: [0, 1, 2], y: [0, 0, 0] },
    { seats: ['4', '5'], x: [5, 6], y: [0, 0] },
  ]
  const states = freeStates(planOf(houseOf(...rows)))
  t.is(states.longestRunOfRow(0), 3)
  states.apply([[1, 2]])
  t.is(states.longestRunOfRow(0), 2)
})

test('a snapshot of another house is refused and changes nothing', (t) => {
  const states = freeStates(plan)
  t.false(states.load({ states: packStates([1, 1, 1]), areas: [] }))
  t.is(states.free, plan.seatCount)
})
