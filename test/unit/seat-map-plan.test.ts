import { readFileSync } from 'node:fs'
import test from 'ava'
import fc from 'fast-check'
import { SeatGrid } from '../../gateway/storefront/browser/seat-map/grid.ts'
import { accessibility, isInside, placeOf, readPlan } from '../../gateway/storefront/browser/seat-map/plan.ts'
import { arena } from '../../infra/demo-catalogue/houses/arena.ts'
import { club } from '../../infra/demo-catalogue/houses/club.ts'
import { theatre } from '../../infra/demo-catalogue/houses/theatre.ts'
import { readSource } from '../../infra/import/formats/recognise.ts'
import { pricedEvent, shownLayout } from '../support/houses.ts'
import { realFile, testWithRealData } from '../support/real-data.ts'

test('a plan is the same from coordinates and from whole differences, to a 32nd of a pitch', (t) => {
  for (const draw of [arena, theatre, club]) {
    const layout = draw('House')
    const absolute = readPlan(shownLayout(layout, 'absolute'), pricedEvent(layout))
    const compact = readPlan(shownLayout(layout, 'differences'), pricedEvent(layout))
    const slack = absolute.pitch / 32 + 1e-3
    t.is(compact.seatCount, absolute.seatCount)
    for (let seat = 0; seat < absolute.seatCount; seat += 1) {
      const [dx, dy] = [
        (compact.x[seat] ?? 0) - (absolute.x[seat] ?? 0),
        (compact.y[seat] ?? 0) - (absolute.y[seat] ?? 0),
      ]
      if (Math.abs(dx) > slack || Math.abs(dy) > slack) t.fail(`seat ${seat} is off by ${dx}, ${dy}`)
    }
    t.deepEqual(compact.labels, absolute.labels)
  }
})

test('seat numbers count over all rows, and each seat knows its section, row, label and price', (t) => {
  const layout = theatre('House')
  const plan = readPlan(shownLayout(layout, 'differences'), pricedEvent(layout))
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

test('seats on both sides of an aisle are no neighbours, though their row is one', (t) => {
  const row = { section: 'A', label: '1', category: 0 }
  const layout = {
    name: 'House',
    width: 10,
    height: 1,
    categories: ['Seat'],
    rows: [
      { ...row, seats: ['1', '2'], x: [0, 1], y: [0, 0] },
      { ...row, seats: ['3'], x: [4], y: [0] },
    ],
    areas: [],
  }
  const plan = readPlan(shownLayout(layout, 'absolute'), pricedEvent(layout))
  t.is(plan.rows.length, 1)
  t.deepEqual([...plan.startsRun], [1, 0, 1])
})

test('the nearest seat and the seats of a box are those that looking at every seat finds', (t) => {
  const layout = arena('House')
  const plan = readPlan(shownLayout(layout, 'differences'), pricedEvent(layout))
  const grid = new SeatGrid(plan)
  const { left, top, right, bottom } = plan.box
  const anyX = fc.double({ min: left, max: right, noNaN: true })
  const anyY = fc.double({ min: top, max: bottom, noNaN: true })
  fc.assert(
    fc.property(anyX, anyY, fc.double({ min: 1, max: 200, noNaN: true }), (x, y, within) => {
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
    }),
    { numRuns: 50 },
  )
})

testWithRealData('the outline of a section holds all of its seats, in every real plan', (t) => {
  const files = ['tm-geometry-td-garden-boston', 'pretix-large-amerant-bank-arena', 'tm-geometry-moody-center-austin']
  for (const file of files) {
    const source = readSource(readFileSync(realFile(`seating-plans/${file}.json`), 'utf8'), { fallbackName: file })
    if (source.kind !== 'plan') return t.fail()
    const plan = readPlan(shownLayout(source.layout, 'absolute'), pricedEvent(source.layout))
    let outside = 0
    for (let seat = 0; seat < plan.seatCount; seat += 1) {
      const [x, y] = [plan.x[seat] ?? 0, plan.y[seat] ?? 0]
      const outline = plan.sections[plan.section[seat] ?? 0]?.outline ?? []
      // Straightened by a fifth of a pitch, and seats lie on the line itself.
      if (!isInside(outline, x, y) && distanceTo(outline, x, y) > plan.pitch * 0.3) outside += 1
    }
    t.is(outside, 0, file)
  }
  return undefined
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
