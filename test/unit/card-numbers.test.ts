import { createHash } from 'node:crypto'
import test from 'ava'
import { isCardNumberKey } from '#shared/card-numbers.ts'
import type { TicketingError } from '#shared/errors.ts'
import { publicId } from '#shared/ids.ts'
import { refuseCardNumbers } from '../../gateway/koa/read-body.ts'

function isRefused(body: unknown): boolean {
  try {
    refuseCardNumbers(body)
    return false
  } catch (error) {
    return (error as TicketingError).code === 'card_number_refused'
  }
}

/** Published by the networks and by providers for trials. */
const cards = [
  '4111111111111111',
  '4242424242424242',
  '4000000000000000006',
  '5555555555554444',
  '2223003122003222',
  '378282246310005',
  '30569309025904',
  '36227206271667',
  '6011111111111117',
  '3530111333300000',
  '6200000000000005',
  '6759649826438453',
]

/** Ids as others make them, always the same ones. */
const digests = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => createHash('sha256').update(String(index)).digest('hex'))
const uuidOf = (hex: string): string =>
  [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')

test('a card number of every network is refused, as text, as a number, as the name of a member or of a user', (t) => {
  for (const card of cards) {
    t.true(isRefused({ note: card }), card)
    t.true(isRefused({ [card]: 'x' }), card)
    t.true(isRefused({ user_id: card }), card)
  }
  t.true(isRefused({ a: { b: [5_555_555_555_554_444] } }))
})

test('a card number is refused however its groups are set apart', (t) => {
  for (const written of [
    '4111 1111 1111 1111',
    '4111-1111-1111-1111',
    '4111.1111.1111.1111',
    '4111/1111/1111/1111',
    '4111_1111_1111_1111',
    '4111  1111  1111  1111',
    '4111 - 1111 - 1111 - 1111',
    '4111\u00a01111\u00a01111\u00a01111',
    '4111\u20131111\u20131111\u20131111',
    '4111\u200b1111\u200b1111\u200b1111',
    '4111\n1111\n1111\n1111',
    '41 11 11 11 11 11 11 11',
    '4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1',
    '41111111 11111111',
    '3782 822463 10005',
    '3056 930902 5904',
    '4111 1111 1111 1111 123',
    '４１１１１１１１１１１１１１１１',
    '４１１１　１１１１　１１１１　１１１１',
  ]) {
    t.true(isRefused({ note: written }), written)
  }
})

test('a card number is refused whatever stands around it', (t) => {
  const card = '4111111111111111'
  const joined = [`x${card}`, `tok_${card}`, `tok-${card}`, `${card}x`, `card${card}visa`, `(${card})`]
  for (const written of [...joined, 'my card is 4111 1111 1111 1111.', `01 26 ${card} 12/29`]) {
    t.true(isRefused({ note: written }), written)
  }
})

test('times in milliseconds, microseconds and nanoseconds are no card numbers', (t) => {
  const start = Date.UTC(2024, 0, 1)
  for (let day = 0; day < 4_000; day += 1) {
    const ms = start + day * 86_400_123
    for (const time of [String(ms), `${ms}000`, `${ms}000000`, `order-${day}-${ms}`, new Date(ms).toISOString()]) {
      if (isRefused({ note: time })) t.fail(time)
    }
  }
  t.pass()
})

test('UUIDs, public ids and digests are no card numbers, bare or behind a prefix', (t) => {
  const hex = digests(20_000)
  // Such as chance makes them once in a while: a whole card number within an id.
  const unlucky = '4111111111111111'
  const ids = [
    ...hex.flatMap((each) => [each, each.slice(0, 32), each.slice(0, 24), uuidOf(each), `hold-${uuidOf(each)}`]),
    ...hex.map((each) => publicId({ eventId: uuidOf(each), ownId: uuidOf(each.slice(32)) })),
    uuidOf(`0199abc0${unlucky}12345678`),
    uuidOf(`a${unlucky}abcdef0123456789`),
    uuidOf(`${unlucky}4444555566667777`),
    `A-${unlucky}-${'B'.repeat(24)}`,
    `abcdef${unlucky}abcdef`,
  ]
  t.is(ids.filter((id) => isRefused({ note: id })).join(), '')
})

test('13-digit numbers, telephone numbers, dates, prices and long counters are no card numbers', (t) => {
  for (const text of [
    ...Array.from({ length: 1_000 }, (_, index) => String(4_000_000_000_000 + index)),
    ...Array.from({ length: 100 }, (_, index) => `+49 176 ${12_345_600 + index}`),
    ...Array.from({ length: 30 }, (_, index) => `${index + 1}.12.2026 - 31.12.2026, 20.00 - 22.30`),
    ...Array.from({ length: 100 }, (_, index) => `4/12/2026 5/12/2026 18.${index} 30`),
    '41111111111111111111111111111111',
    '978-3-16-148410-0',
    '4111 1111',
    '4111111111111112',
    '4111,1111,1111,1111',
  ]) {
    t.false(isRefused({ note: text }), text)
  }
  t.false(isRefused({ price_minor: 1_000_000_000_000, expected_total_minor: 100_000_000_000_000 }))
})

test('a body full of digits is looked through at once', (t) => {
  // CPU time: the machine may be busy with other tests.
  const before = process.threadCpuUsage()
  for (let round = 0; round < 5; round += 1) {
    for (const text of ['4'.repeat(65_000), '4 '.repeat(32_000), '60 '.repeat(21_000), '4111 '.repeat(13_000)]) {
      isRefused({ note: text })
    }
    isRefused({ note: '\ufdfa'.repeat(21_000) })
    isRefused({ note: Array.from({ length: 15_000 }, (_, at) => at % 10) })
  }
  const { user } = process.threadCpuUsage(before)
  // It took ten times as long once.
  t.true(user < 500_000, `${user} µs`)
})

test('an Idempotency-Key is refused that is a card number, or has one between punctuation', (t) => {
  for (const card of cards) {
    for (const key of [card, `order-${card}`, `${card}:2`, `tok_${card}`]) t.true(isCardNumberKey(key), key)
  }
  for (const key of ['4111-1111-1111-1111', '3782-822463-10005', '4111.1111.1111.1111'])
    t.true(isCardNumberKey(key), key)
})

test('keys as programs make them are no card numbers, though chance puts the digits of one into many of them', (t) => {
  const unlucky = '4111111111111111'
  const innocent = [
    ...digests(20_000).flatMap((each) => [each, each.slice(0, 20), each.slice(0, 16)]),
    ...digests(20_000).flatMap((each) => [uuidOf(each), uuidOf(each).toUpperCase()]),
    ...digests(20_000).map((each) => Buffer.from(each, 'hex').toString('base64url')),
    ...Array.from({ length: 2_000 }, (_, at) => `order-${1_732_549_079_000 + at * 7_919}-${at}`),
    ...[`a${unlucky}`, `${unlucky}f`, `x9${unlucky}0z`, 'order-4111-1111-1111-1111', 'retry 4111 1111 1111 1111 of 5'],
    uuidOf(`${unlucky}4444555566667777`),
  ]
  const refused = innocent.filter((key) => isCardNumberKey(key))
  // One in 3,000 sixteen-digit keys of letters and digits has digits alone.
  t.true(refused.length <= 3, refused.join(' '))
})
