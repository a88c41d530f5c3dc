import test from 'ava'
import fc from 'fast-check'
import { chooseSeats } from '../../workers/booking/best-available/choose-seats.ts'
import { runsOf, type Seat } from '../../workers/booking/best-available/free-runs.ts'

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

test('the best-ranked seats side by side are chosen', (t) => {
  t.deepEqual(chooseSeats(house('.xx.', 'xxxx'), 2), [1, 2])
  t.deepEqual(chooseSeats(house('x.x.', 'xxxx'), 2), [4, 5])
})

test('a worse row is taken when the better one would be left with a single seat', (t) => {
  t.deepEqual(chooseSeats(house('xxx', 'xxxx'), 2), [3, 4])
  t.deepEqual(chooseSeats(house('xx', 'x'), 1), [2])
})

test('a single seat is left behind rather than nothing sold', (t) => {
  t.deepEqual(chooseSeats(house('.xxx', '..x.'), 2), [1, 2])
})

test('who wants no single seat left behind gets none where that cannot be helped', (t) => {
  t.is(chooseSeats(house('.xxx', '..x.'), 2, { tidyOnly: true }), null)
  t.deepEqual(chooseSeats(house('.xxx', '..xx'), 2, { tidyOnly: true }), [6, 7])
})

test('the last seat of a row and the first of the next are not side by side', (t) => {
  t.is(chooseSeats(house('..x', 'x..'), 2), null)
})

test('whatever the house: seats are free, side by side in one row, and refused only where there are none', (t) => {
  fc.assert(
    fc.property(anyHouse, anyQty, (free, qty) => {
      const chosen = chooseSeats(free, qty)
      const fits = runsOf(free).some(({ length }) => length >= qty)
      if (chosen === null) return !fits
      const seats = free.filter(({ seatNo }) => chosen.includes(seatNo))
      return chosen.length === qty && seats.length === qty && runsOf(seats).length === 1
    }),
  )
  t.pass()
})

test('whatever the house: no single seat is left behind where that can be helped, and no better choice is passed over', (t) => {
  const singles = (seats: readonly Seat[]): number => runsOf(seats).filter(({ length }) => length === 1).length
  fc.assert(
    fc.property(anyHouse, anyQty, (free, qty) => {
      const chosen = chooseSeats(free, qty)
      if (chosen === null) return true
      const newSingles = (taken: readonly number[]): number =>
        singles(free.filter(({ seatNo }) => !taken.includes(seatNo))) - singles(free)
      const runs = runsOf(free).filter(({ length }) => length >= qty)
      const starts = runs.map(({ firstSeatNo }) => Array.from({ length: qty }, (_, index) => firstSeatNo + index))
      const tidy = starts.filter((group) => newSingles(group) <= 0)
      const best = tidy[0] ?? starts[0]
      return JSON.stringify(chosen) === JSON.stringify(best)
    }),
  )
  t.pass()
})
