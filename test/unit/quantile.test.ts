import test from 'ava'
import { quantile } from '../../infra/load/quantile.ts'

test('a quantile is the smallest measured value that so many do not exceed', (t) => {
  const hundred = Array.from({ length: 100 }, (_, index) => index + 1)
  t.is(quantile(hundred, 0.5), 50)
  t.is(quantile(hundred, 0.99), 99)
  t.is(quantile(hundred, 1), 100)
  t.is(quantile([7], 0.01), 7)
  t.is(quantile([1, 2, 3], 0.5), 2)
})

test('nothing measured has no quantile', (t) => {
  t.is(quantile([], 0.5), Number.NaN)
})
