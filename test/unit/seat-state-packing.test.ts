import test from 'ava'
import fc from 'fast-check'
import { packSeatStates } from '../../workers/booking/seat-states.ts'

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
  fc.assert(
    fc.property(anyStates, fc.nat(60), (codes, at) => {
      const cut = at % codes.length
      const rows = [
        { firstSeatNo: cut, codes: codes.slice(cut) },
        { firstSeatNo: 0, codes: codes.slice(0, cut) },
      ]
      const { available, held, sold, states } = packSeatStates(rows)
      const count = (code: string): number => codes.split(code).length - 1
      t.deepEqual([available, held, sold], [count('0'), count('1'), count('2')])
      return unpack(states, codes.length) === codes
    }),
  )
})

test('a number without a seat shows as blocked and is not counted', (t) => {
  const { states, ...counts } = packSeatStates([{ firstSeatNo: 2, codes: '00' }])
  t.is(unpack(states, 4), '3300')
  t.deepEqual(counts, { available: 2, held: 0, sold: 0 })
})

test('an event without seats has no states', (t) => {
  t.deepEqual(packSeatStates([]), { available: 0, held: 0, sold: 0, states: '' })
})
