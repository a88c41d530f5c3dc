import test from 'ava'
import { Metrics } from '#shared/observability/metrics.ts'
import type { AuditReport, InvariantResult } from '../../infra/audit/audit.ts'
import { AuditMetrics } from '../../infra/audit/metrics.ts'
import { countFailures, reportLines } from '../../infra/audit/report.ts'

const ledger: InvariantResult = {
  invariant: 'I8',
  says: 'our books are theirs',
  violations: 0,
  examples: [],
  checked: true,
}

function reportOf(...results: InvariantResult[]): AuditReport {
  return {
    checkedAt: new Date(),
    durationMs: 10,
    results,
    violations: results.reduce((sum, { violations }) => sum + violations, 0),
    unchecked: results.filter(({ checked }) => !checked).length,
  }
}

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
  const metrics = new AuditMetrics(exposed)
  const text = async (): Promise<string> => (await exposed.expose('')).text
  metrics.audited(reportOf({ ...ledger, violations: 2 }))
  metrics.audited(reportOf({ ...ledger, checked: false }))
  t.regex(await text(), /^invariant_violations\{invariant="I8",instance="auditor-1"\} 2$/m)
  t.regex(await text(), /^audit_unchecked\{invariant="I8",instance="auditor-1"\} 1$/m)
  metrics.audited(reportOf(ledger))
  t.regex(await text(), /^invariant_violations\{invariant="I8",instance="auditor-1"\} 0$/m)
  t.regex(await text(), /^audit_unchecked\{invariant="I8",instance="auditor-1"\} 0$/m)
})
