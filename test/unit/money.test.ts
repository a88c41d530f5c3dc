import test from 'ava'
import fc from 'fast-check'
import { formatMinor, minorDigits, toMinor } from '#shared/money.ts'
import { parsePrice } from '../../infra/ops/import/config.ts'
import { always } from '../support/always.ts'

const currencies = ['JPY', 'EUR', 'KWD', 'CLF', 'HUF'] as const
const currency = fc.constantFrom(...currencies)

test('digits after the point are those of ISO 4217, not those of cash', (t) => {
  t.deepEqual(currencies.map(minorDigits), [0, 2, 3, 4, 2])
})

test('every amount of minor units survives being written as a number or as text', (t) => {
  always(t, { of: [fc.integer({ min: 0, max: 1_000_000_000 }), currency] }, (minor, code) => {
    const digits = minorDigits(code)
    const written = (minor / 10 ** digits).toFixed(digits)
    return toMinor(written, code) === minor && toMinor(Number(written), code) === minor
  })
})

test('a price is what its formatted text says', (t) => {
  always(t, { of: [fc.integer({ min: 0, max: 1_000_000_000 }), currency] }, (minor, code) => {
    const [amount = '', written] = formatMinor(minor, code).split(' ')
    return written === code && toMinor(amount, code) === minor
  })
  t.is(formatMinor(5_000, 'EUR'), '50.00 EUR')
  t.is(formatMinor(7, 'KWD'), '0.007 KWD')
  t.is(formatMinor(5_000, 'JPY'), '5000 JPY')
})

test('rounding goes half up by decimal digits, so that binary fractions cannot move a price', (t) => {
  t.is(toMinor(88.34, 'USD'), 8_834)
  t.is(toMinor(1.005, 'USD'), 101)
  t.is(toMinor(1.0049, 'USD'), 100)
  t.is(toMinor(0.1 + 0.2, 'USD'), 30)
  t.is(toMinor(99.5, 'JPY'), 100)
  t.is(toMinor('15', 'KWD'), 15_000)
})

test('anything but a plain decimal is no price', (t) => {
  const texts = ['', 'free', '-5', '1,50', '1e5', '0x10', '1.2.3']
  for (const amount of [...texts, -1, 1e21, Number.NaN, Number.POSITIVE_INFINITY]) {
    t.is(toMinor(amount, 'EUR'), null, String(amount))
  }
})

test('--price is minor units and a currency', (t) => {
  t.deepEqual(parsePrice('5000EUR'), { minor: 5_000, currency: 'EUR' })
  for (const value of ['50.00EUR', '5000', 'EUR5000', '5000 EUR', '5000eur', '-1EUR', '9999999999999EUR', '']) {
    t.throws(() => parsePrice(value), { message: /such as 5000EUR for 50\.00 EUR/ })
  }
})
