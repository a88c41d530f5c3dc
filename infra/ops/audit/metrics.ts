import { Counter, Gauge } from 'prom-client'
import type { Metrics } from '#shared/observability/metrics.ts'
import type { AuditReport } from './audit.ts'

/** What the auditor exports. A violation stays at its count until an audit finds it gone. */
export class AuditMetrics {
  readonly #violations: Gauge<'invariant'>
  readonly #unchecked: Gauge<'invariant'>
  readonly #duration: Gauge
  readonly #checkedAt: Gauge
  readonly #deadLetters: Counter<'consumer'>

  constructor({ registry }: Metrics) {
    const gauge = <Label extends string = never>(name: string, help: string, ...labelNames: Label[]) =>
      new Gauge({ name, help, labelNames, registers: [registry] })
    const unchecked =
      'Checks of an invariant that the last audit could not make; its violations are then those found before.'
    this.#violations = gauge(
      'invariant_violations',
      'Violations of an invariant that the last audit found.',
      'invariant',
    )
    this.#unchecked = gauge('audit_unchecked', unchecked, 'invariant')
    this.#duration = gauge('audit_duration_seconds', 'How long the last audit took.')
    this.#checkedAt = gauge(
      'audit_last_success_timestamp_seconds',
      'When the last audit was through; an auditor that cannot read leaves it behind.',
    )
    this.#deadLetters = new Counter({
      name: 'dead_letters_total',
      help: 'Facts that a consumer gave up after its last delivery.',
      labelNames: ['consumer'],
      registers: [registry],
    })
  }

  audited({ results, durationMs, checkedAt }: AuditReport): void {
    for (const [invariant, checks] of Map.groupBy(results, (result) => result.invariant)) {
      const unchecked = checks.filter(({ checked }) => !checked).length
      const violations = checks.reduce((sum, check) => sum + check.violations, 0)
      this.#unchecked.set({ invariant }, unchecked)
      if (unchecked === 0 || violations > 0) this.#violations.set({ invariant }, violations)
    }
    this.#duration.set(durationMs / 1_000)
    this.#checkedAt.set(checkedAt.getTime() / 1_000)
  }

  deadLetter(consumer: string): void {
    this.#deadLetters.inc({ consumer })
  }
}
