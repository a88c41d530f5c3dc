import test from 'ava'
import { disagreements, type ProviderCharge, type SettledPayment } from '../../infra/audit/ledger.ts'

const payment: SettledPayment = {
  id: 'p1',
  provider_key: 'k1',
  status: 'captured',
  captured_minor: 5_000,
  refunded_minor: 0,
  currency: 'EUR',
}
const charge: ProviderCharge = {
  // Made in 2023, as its first twelve digits say.
  id: '018b0000-0000-7000-8000-000000000001',
  idempotency_key: 'k1',
  amount_minor: 5_000,
  refunded_minor: 0,
  currency: 'EUR',
  state: 'captured',
}
const now = { openKeys: new Set<string>(), since: Date.now() }
const compare = (ours: SettledPayment[], theirs: ProviderCharge[], at = now) => disagreements(ours, theirs, at)

test('books that agree to the cent have nothing to report', (t) => {
  t.deepEqual(compare([payment], [charge]), [])
  t.deepEqual(compare([{ ...payment, refunded_minor: 2_000 }], [{ ...charge, refunded_minor: 2_000 }]), [])
  const refunded = { ...payment, status: 'refunded', refunded_minor: 5_000 } as const
  t.deepEqual(compare([refunded], [{ ...charge, refunded_minor: 5_000, state: 'refunded' }]), [])
  const free = { ...payment, captured_minor: 0 }
  for (const state of ['voided', 'declined'] as const) {
    t.deepEqual(compare([{ ...free, status: 'voided' }], [{ ...charge, state }]), [])
  }
  t.deepEqual(compare([{ ...free, status: 'failed' }], []), [])
})

test('each way in which the books can disagree is reported', (t) => {
  const faults: [string, SettledPayment[], ProviderCharge[]][] = [
    ['a cent too much', [payment], [{ ...charge, amount_minor: 5_001 }]],
    ['another currency', [payment], [{ ...charge, currency: 'USD' }]],
    ['captured only here', [payment], [{ ...charge, state: 'authorised' }]],
    ['never heard of there', [payment], []],
    ['a refund that never came', [{ ...payment, refunded_minor: 10 }], [charge]],
    ['a refund that nobody here knows', [payment], [{ ...charge, refunded_minor: 10 }]],
    ['voided here, captured there', [{ ...payment, status: 'voided', captured_minor: 0 }], [charge]],
    [
      'reserved money that nobody wants',
      [{ ...payment, status: 'failed', captured_minor: 0 }],
      [{ ...charge, state: 'authorised' }],
    ],
    ['a charge of nobody', [], [charge]],
    ['two charges of one key', [payment], [charge, { ...charge, id: '018b0000-0000-7000-8000-000000000002' }]],
  ]
  for (const [fault, ours, theirs] of faults) t.is(compare(ours, theirs).length, 1, fault)
})

test('what is under way, or was made after the books were read, is judged later', (t) => {
  t.deepEqual(compare([], [charge], { openKeys: new Set(['k1']), since: Date.now() }), [])
  t.deepEqual(compare([], [charge], { openKeys: new Set(), since: 0 }), [])
})

test('a try that failed before the provider was asked leaves its key to the next one', (t) => {
  const first = { ...payment, id: 'p0', status: 'failed', captured_minor: 0 } as const
  t.deepEqual(compare([first, payment], [charge]), [])
})
