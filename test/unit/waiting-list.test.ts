import test from 'ava'
import fc from 'fast-check'
import { chooseSeats } from '../../workers/booking/best-available/choose-seats.ts'
import {
  type FreePlaces,
  maxOvertaken,
  nextOffers,
  type Waiting,
} from '../../workers/booking/waiting-list/next-offers.ts'
import { coversArea, coversSeat, type Wanted } from '../../workers/booking/waiting-list/wishes.ts'
import { always } from '../support/always.ts'

type FreeSeat = FreePlaces['seats'][number]

const any: Wanted = { kind: 'any', name: null }
const section = (name: string): Wanted => ({ kind: 'section', name })
const seat = (seatNo: number, kind: Partial<FreeSeat> = {}): FreeSeat => {
  return { seatNo, rowNo: 0, section: 'A', tier: 'Gold', accessible: false, ...kind }
}
const waiting = (id: string, qty: number, { wanted = any, overtaken = 0 } = {}): Waiting => {
  return { id, qty, wanted, overtaken }
}
const offered = (entries: Waiting[], seats: FreeSeat[], areas: FreePlaces['areas'] = []) =>
  nextOffers(entries, { seats, areas }, 64).map(({ entry, places, overtakes }) => {
    return [entry.id, 'area' in places ? places.area : places.seatNos.join(), overtakes.map(({ id }) => id).join()]
  })

test('two free places go past a group of four to the next pair, and the group counts as overtaken', (t) => {
  t.deepEqual(offered([waiting('four', 4), waiting('pair', 2), waiting('later', 1)], [seat(3), seat(4)]), [
    ['pair', '3,4', 'four'],
  ])
})

test('places that come back are kept for a buyer who was overtaken three times, until there are enough', (t) => {
  const entries = [waiting('four', 4, { overtaken: 3 }), waiting('pair', 2)]
  t.deepEqual(offered(entries, [seat(3), seat(4)]), [])
  t.deepEqual(offered(entries, [seat(3), seat(4), seat(5), seat(6)]), [['four', '3,4,5,6', '']])
  const singles = ['a', 'b', 'c', 'd'].map((id) => waiting(id, 1))
  t.deepEqual(offered([waiting('five', 5), ...singles], [seat(1), seat(3), seat(5), seat(7)]), [
    ['a', '1', 'five'],
    ['b', '3', 'five'],
    ['c', '5', 'five'],
  ])
})

test('nobody is overtaken by those who get places that they do not wait for', (t) => {
  const entries = [
    waiting('four in A', 4, { wanted: section('A'), overtaken: 3 }),
    waiting('one in B', 1, { wanted: section('B') }),
  ]
  t.deepEqual(offered(entries, [seat(1), seat(9, { section: 'B' })]), [['one in B', '9', '']])
})

test('places of an offer are seats side by side where there are some, or of one area, and accessible only on request', (t) => {
  t.deepEqual(offered([waiting('pair', 2)], [seat(1), seat(5), seat(6)]), [['pair', '5,6', '']])
  t.deepEqual(offered([waiting('pair', 2)], [seat(1), seat(5)]), [['pair', '1,5', '']])
  const areas = [
    { name: 'Lawn', free: 1 },
    { name: 'Floor', free: 2 },
  ]
  t.deepEqual(offered([waiting('pair', 2)], [seat(1)], areas), [['pair', 'Floor', '']])
  t.deepEqual(offered([waiting('pair', 2)], [seat(1, { accessible: true }), seat(2, { accessible: true })]), [])
  const onWheels = waiting('wheels', 1, { wanted: { kind: 'accessible', name: null } })
  t.deepEqual(offered([onWheels], [seat(1), seat(2, { accessible: true })]), [['wheels', '2', '']])
})

/** The rule step by step: who is first to be served now, of what is not kept? Again from the first one, until nobody can be. */
function byTheRule(
  entries: readonly Waiting[],
  free: FreePlaces,
): { served: string[]; overtaken: Map<string, number> } {
  const overtaken = new Map(entries.map(({ id, overtaken }) => [id, overtaken]))
  const served: string[] = []
  let seats = [...free.seats]
  const areas = free.areas.map((area) => ({ ...area }))
  const serveOne = (): boolean => {
    for (const [index, { id, wanted, qty }] of entries.entries()) {
      if (served.includes(id)) continue
      const before = entries.slice(0, index).filter((each) => !served.includes(each.id))
      const keeping = before.filter((each) => (overtaken.get(each.id) ?? 0) >= maxOvertaken)
      const ownSeats = seats.filter(
        (each) => coversSeat(wanted, each) && !keeping.some((kept) => coversSeat(kept.wanted, each)),
      )
      const ownArea = areas.find(
        ({ name, free }) =>
          free >= qty && coversArea(wanted, name) && !keeping.some((kept) => coversArea(kept.wanted, name)),
      )
      if (ownSeats.length < qty && ownArea === undefined) continue
      const numbers = chooseSeats(ownSeats, qty) ?? ownSeats.slice(0, qty).map(({ seatNo }) => seatNo)
      const taken = ownSeats.length < qty ? [] : seats.filter(({ seatNo }) => numbers.includes(seatNo))
      for (const each of before) {
        const waitsForSuch =
          taken.length > 0
            ? taken.some((place) => coversSeat(each.wanted, place))
            : coversArea(each.wanted, ownArea?.name ?? '')
        if (waitsForSuch) overtaken.set(each.id, (overtaken.get(each.id) ?? 0) + 1)
      }
      if (taken.length > 0) seats = seats.filter((place) => !taken.includes(place))
      else if (ownArea !== undefined) ownArea.free -= qty
      served.push(id)
      return true
    }
    return false
  }
  while (serveOne());
  return { served, overtaken }
}

const names = fc.constantFrom('A', 'B')
const wishes: fc.Arbitrary<Wanted> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(any) },
  { weight: 1, arbitrary: fc.constant<Wanted>({ kind: 'accessible', name: null }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('tier' as const, 'section', 'area'), name: names }) },
)
const lists = fc
  .array(
    fc.record({ wanted: wishes, qty: fc.integer({ min: 1, max: 5 }), overtaken: fc.integer({ min: 0, max: 3 }) }),
    { maxLength: 12 },
  )
  .map((entries) => entries.map((entry, index) => ({ ...entry, id: String(index) })))
const houses = fc.record({
  seats: fc
    .array(fc.record({ no: fc.nat(40), section: names, tier: names, accessible: fc.boolean() }), { maxLength: 12 })
    .map((seats) =>
      [...new Map(seats.map((each) => [each.no, each])).values()]
        .sort((one, other) => one.no - other.no)
        .map(({ no, ...kind }) => seat(no, { rowNo: Math.floor(no / 10), ...kind })),
    ),
  areas: fc.tuple(fc.nat(6), fc.nat(6)).map(([a, b]) => [
    { name: 'A', free: a },
    { name: 'B', free: b },
  ]),
})

test('offers follow the rule of the list: a thousand lists and houses against the rule step by step', (t) => {
  always(t, { of: [lists, houses], times: 1_000 }, (entries, free) => {
    const offers = nextOffers(entries, free, 64)
    const expected = byTheRule(entries, free)
    const overtaken = new Map(entries.map(({ id, overtaken }) => [id, overtaken]))
    for (const { overtakes } of offers) for (const { id } of overtakes) overtaken.set(id, (overtaken.get(id) ?? 0) + 1)
    const seatNos = offers.flatMap(({ places }) => ('area' in places ? [] : places.seatNos))
    return (
      JSON.stringify(offers.map(({ entry }) => entry.id)) === JSON.stringify(expected.served) &&
      JSON.stringify([...overtaken]) === JSON.stringify([...expected.overtaken]) &&
      new Set(seatNos).size === seatNos.length &&
      [...overtaken.values()].every((times) => times <= maxOvertaken) &&
      offers.every(({ entry, places }) => 'area' in places || places.seatNos.length === entry.qty)
    )
  })
})
