import { readFileSync } from 'node:fs'
import test from 'ava'
import type { Layout } from '#shared/contracts/layout.ts'
import { type Cursor, firstCursor, moveCursor } from '../../gateway/storefront/browser/seat-map/keys.ts'
import { type Plan, readPlan } from '../../gateway/storefront/browser/seat-map/plan.ts'
import { SeatStates } from '../../gateway/storefront/browser/seat-map/states.ts'
import { arena } from '../../infra/ops/demo-catalogue/houses/arena.ts'
import { club } from '../../infra/ops/demo-catalogue/houses/club.ts'
import { theatre } from '../../infra/ops/demo-catalogue/houses/theatre.ts'
import { readSource } from '../../infra/ops/import/formats/recognise.ts'
import { packStates, pricedEvent, shownLayout } from '../support/houses.ts'
import { realFile, testWithRealData } from '../support/real-data.ts'

const arrows = ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight']

function planOf(layout: Layout): Plan {
  return readPlan(shownLayout(layout, 'differences'), pricedEvent(layout))
}

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
  for (const file of [
    'tm-geometry-td-garden-boston',
    'pretix-riethsporthalle-1252',
    'tm-geometry-united-center-chicago',
  ]) {
    const source = readSource(readFileSync(realFile(`seating-plans/${file}.json`), 'utf8'), { fallbackName: file })
    if (source.kind === 'plan')
      t.deepEqual(unreached(planOf(source.layout), [...arrows, 'Enter', 'Escape']), { sections: 0, seats: 0 }, file)
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
  const layout = {
    name: 'House',
    width: 3,
    height: 1,
    categories: ['Seat'],
    rows: [{ section: 'A', label: '1', category: 0, seats: ['1', '2', '3'], x: [2, 1, 0], y: [0, 0, 0] }],
    areas: [],
  }
  const plan = planOf(layout)
  t.deepEqual(moveCursor(plan, freeStates(plan), { kind: 'seat', index: 0 }, 'ArrowLeft'), { kind: 'seat', index: 1 })
  t.is(moveCursor(plan, freeStates(plan), { kind: 'seat', index: 0 }, 'ArrowRight'), null)
})
