import test from 'ava'
import { Metrics } from '#shared/observability/metrics.ts'
import type { AuditReport, InvariantResult } from '../../infra/ops/audit/audit.ts'
import type { BookedPayment } from '../../infra/ops/audit/books.ts'
import { disagreements } from '../../infra/ops/audit/disagreements.ts'
import type { ProviderCharge } from '../../infra/ops/audit/ledger.ts'
import { auditMetrics } from '../../infra/ops/audit/metrics.ts'
import { countFailures, reportLines } from '../../infra/ops/audit/report.ts'

const payment: BookedPayment = {
  id: 'p1',
  provider_key: 'k1',
  status: 'captured',
  captured_minor: 5_000,
  refunded_minor: 0,
  currency: 'EUR',
  at_rest: true,
}
const unpaid = { ...payment, captured_minor: 0 }
const charge: ProviderCharge = {
  id: 'c1',
  idempotency_key: 'k1',
  amount_minor: 5_000,
  refunded_minor: 0,
  currency: 'EUR',
  state: 'captured',
}

test('books that agree to the cent have nothing to report', (t) => {
  t.deepEqual(disagreements([charge], [payment]), [])
  t.deepEqual(disagreements([{ ...charge, refunded_minor: 2_000 }], [{ ...payment, refunded_minor: 2_000 }]), [])
  const refunded = { ...payment, status: 'refunded', refunded_minor: 5_000 }
  t.deepEqual(disagreements([{ ...charge, refunded_minor: 5_000, state: 'refunded' }], [refunded]), [])
  for (const state of ['voided', 'declined'] as const) {
    t.deepEqual(disagreements([{ ...charge, state }], [{ ...unpaid, status: 'voided' }]), [])
    t.deepEqual(disagreements([{ ...charge, state }], []), [])
  }
})

test('each way in which the books can disagree is reported', (t) => {
  const faults: [string, ProviderCharge, BookedPayment[]][] = [
    ['a cent too much', { ...charge, amount_minor: 5_001 }, [payment]],
    ['another currency', { ...charge, currency: 'USD' }, [payment]],
    ['captured only here', { ...charge, state: 'authorised' }, [payment]],
    ['a refund that never came', charge, [{ ...payment, refunded_minor: 10 }]],
    ['a refund that nobody here knows', { ...charge, refunded_minor: 10 }, [payment]],
    ['voided here, captured there', charge, [{ ...unpaid, status: 'voided' }]],
    ['reserved money that nobody wants', { ...charge, state: 'authorised' }, [{ ...unpaid, status: 'failed' }]],
    ['a charge of nobody', charge, []],
  ]
  for (const [fault, theirs, ours] of faults) t.is(disagreements([theirs], ours).length, 1, fault)
})

test('what is under way is judged later', (t) => {
  const open = { ...unpaid, status: 'unknown', at_rest: false }
  t.deepEqual(disagreements([charge], [open]), [])
  t.deepEqual(disagreements([charge], [{ ...unpaid, id: 'p0', status: 'failed' }, open]), [])
  t.deepEqual(disagreements([charge], [{ ...unpaid, status: 'failed', at_rest: false }]), [])
})

test('a try that failed before the provider was asked leaves its key to the next one', (t) => {
  t.deepEqual(disagreements([charge], [{ ...unpaid, id: 'p0', status: 'failed' }, payment]), [])
})

const ledger: InvariantResult = {
  invariant: 'I8',
  says: 'our books are theirs',
  violations: 0,
  examples: [],
  checked: true,
}

const reportOf = (...results: InvariantResult[]): AuditReport => ({
  checkedAt: new Date(),
  durationMs: 10,
  results,
  violations: results.reduce((sum, { violations }) => sum + violations, 0),
  unchecked: results.filter(({ checked }) => !checked).length,
})

test('what could not be checked is no success', (t) => {
  const report = reportOf({ ...ledger, checked: false }, { ...ledger, invariant: 'I1' })
  t.is(countFailures(report), 1)
  const lines = reportLines(report)
  t.regex(lines[0] ?? '', /^\? +I8 /)
  t.deepEqual(lines.slice(-2), ['checked: 1 of 2 in 10 ms', 'violations: 1'])
  t.is(reportLines(reportOf(ledger)).at(-1), 'violations: 0')
})

test('violations that nobody could look for again stay in the metrics', async (t) => {
  const exposed = new Metrics('auditor-1')
  const metrics = auditMetrics(exposed)
  const text = async (): Promise<string> => (await exposed.expose('')).text
  metrics.audited(reportOf({ ...ledger, violations: 2 }))
  metrics.audited(reportOf({ ...ledger, checked: false }))
  t.regex(await text(), /^invariant_violations\{invariant="I8",instance="auditor-1"\} 2$/m)
  t.regex(await text(), /^audit_unchecked\{invariant="I8",instance="auditor-1"\} 1$/m)
  metrics.audited(reportOf(ledger))
  t.regex(await text(), /^invariant_violations\{invariant="I8",instance="auditor-1"\} 0$/m)
  t.regex(await text(), /^audit_unchecked\{invariant="I8",instance="auditor-1"\} 0$/m)
})
