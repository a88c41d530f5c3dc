import test from 'ava'
import fc from 'fast-check'
import { cacheKey } from '../../gateway/reads/cache-key.ts'

const parameters = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), {
  noNullPrototype: true,
})

test('different parameters never share a key, and equal ones always do', (t) => {
  fc.assert(
    fc.property(parameters, parameters, (one, other) => {
      const same = JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort())
      return (cacheKey('/events', one) === cacheKey('/events', other)) === same
    }),
  )
  t.pass()
})

test('the order of parameters does not matter', (t) => {
  fc.assert(
    fc.property(parameters, (one) => {
      const reversed = Object.fromEntries(Object.entries(one).reverse())
      return cacheKey('/events', one) === cacheKey('/events', reversed)
    }),
  )
  t.pass()
})

test('endpoints do not share keys', (t) => {
  t.not(cacheKey('/events', { a: 1 }), cacheKey('/events/search', { a: 1 }))
})
