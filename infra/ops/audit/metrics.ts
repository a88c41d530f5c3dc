import { Counter, Gauge } from 'prom-client'
import type { Metrics } from '#shared/observability/metrics.ts'
import type { AuditReport } from './audit.ts'

export type AuditMetrics = ReturnType<typeof auditMetrics>

/** What the auditor exports. The count of an invariant stays until an audit checks it again. */
export function auditMetrics({ registry }: Metrics) {
  const registers = [registry]
  const labelNames = ['invariant'] as const
  const found = new Gauge({
    name: 'invariant_violations',
    help: 'Violations of an invariant that the last audit found.',
    ...{ labelNames, registers },
  })
  const missed = new Gauge({
    name: 'audit_unchecked',
    help: 'Checks of an invariant that the last audit could not make; its violations are then those found before.',
    ...{ labelNames, registers },
  })
  const duration = new Gauge({ name: 'audit_duration_seconds', help: 'How long the last audit took.', registers })
  const endedAt = new Gauge({
    name: 'audit_last_success_timestamp_seconds',
    help: 'When the last audit ended. It stays behind while the auditor cannot read.',
    registers,
  })
  const deadLetters = new Counter({
    name: 'dead_letters_total',
    help: 'Facts that a consumer gave up after its last delivery.',
    labelNames: ['consumer'],
    registers,
  })
  return {
    audited({ results, durationMs, checkedAt }: AuditReport): void {
      for (const [invariant, checks] of Map.groupBy(results, (result) => result.invariant)) {
        const unchecked = checks.filter(({ checked }) => !checked).length
        const violations = checks.reduce((sum, check) => sum + check.violations, 0)
        missed.set({ invariant }, unchecked)
        if (unchecked === 0 || violations > 0) found.set({ invariant }, violations)
      }
      duration.set(durationMs / 1_000)
      endedAt.set(checkedAt.getTime() / 1_000)
    },
    deadLetter: (consumer: string): void => deadLetters.inc({ consumer }),
  }
}
