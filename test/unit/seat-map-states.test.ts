import test from 'ava'
import fc from 'fast-check'
import { readPlan } from '../../gateway/storefront/browser/seat-map/plan.ts'
import { type SeatChange, SeatStates } from '../../gateway/storefront/browser/seat-map/states.ts'
import { theatre } from '../../infra/demo-catalogue/houses/theatre.ts'
import { packStates, pricedEvent, shownLayout } from '../support/houses.ts'

const layout = theatre('House')
const plan = readPlan(shownLayout(layout, 'differences'), pricedEvent(layout))

const anyState = fc.constantFrom(0, 1, 2, 3)
const anyStates = fc.array(anyState, { minLength: plan.seatCount, maxLength: plan.seatCount })
const anyChange: fc.Arbitrary<SeatChange> = fc.tuple(fc.nat(plan.seatCount + 20), anyState)

test('after any changes, free seats of house, sections and rows are those that a recount finds', (t) => {
  fc.assert(
    fc.property(anyStates, fc.array(fc.array(anyChange, { maxLength: 40 }), { maxLength: 10 }), (snapshot, batches) => {
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
    }),
    { numRuns: 30 },
  )
})

test('the longest run of a row ends at taken seats and at aisles', (t) => {
  const row = { section: 'A', label: '1', category: 0 }
  const small = {
    name: 'House',
    width: 10,
    height: 1,
    categories: ['Seat'],
    rows: [
      { ...row, seats: ['1', '2', '3'], x: [0, 1, 2], y: [0, 0, 0] },
      { ...row, seats: ['4', '5'], x: [5, 6], y: [0, 0] },
    ],
    areas: [],
  }
  const states = new SeatStates(readPlan(shownLayout(small, 'absolute'), pricedEvent(small)))
  states.load({ states: packStates([0, 0, 0, 0, 0]), areas: [] })
  t.is(states.longestRunOfRow(0), 3)
  states.apply([[1, 2]])
  t.is(states.longestRunOfRow(0), 2)
})

test('a snapshot of another house is refused and changes nothing', (t) => {
  const states = new SeatStates(plan)
  states.load({ states: packStates(Array.from({ length: plan.seatCount }, () => 0)), areas: [] })
  t.false(states.load({ states: packStates([1, 1, 1]), areas: [] }))
  t.is(states.free, plan.seatCount)
})
