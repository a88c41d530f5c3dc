import { Counter, Gauge, Registry } from 'prom-client'
import type { AuditReport } from './audit.ts'

/** What the auditor exports. A violation stays at its count until an audit finds it gone. */
export class AuditMetrics {
  readonly #registry = new Registry()
  readonly #violations = new Gauge({
    name: 'invariant_violations',
    help: 'Violations of an invariant that the last audit found.',
    labelNames: ['invariant'],
    registers: [this.#registry],
  })
  readonly #duration = new Gauge({
    name: 'audit_duration_seconds',
    help: 'How long the last audit took.',
    registers: [this.#registry],
  })
  readonly #checkedAt = new Gauge({
    name: 'audit_last_success_timestamp_seconds',
    help: 'When the last audit was through; an auditor that cannot read leaves it behind.',
    registers: [this.#registry],
  })
  readonly #deadLetters = new Counter({
    name: 'dead_letters_total',
    help: 'Facts that a consumer gave up after its last delivery.',
    labelNames: ['consumer'],
    registers: [this.#registry],
  })

  audited({ results, durationMs, checkedAt }: AuditReport): void {
    const sums = new Map<string, number>()
    for (const { invariant, violations } of results) sums.set(invariant, (sums.get(invariant) ?? 0) + violations)
    for (const [invariant, violations] of sums) this.#violations.set({ invariant }, violations)
    this.#duration.set(durationMs / 1_000)
    this.#checkedAt.set(checkedAt.getTime() / 1_000)
  }

  deadLetter(consumer: string): void {
    this.#deadLetters.inc({ consumer })
  }

  /** Prometheus text format. */
  expose(): Promise<string> {
    return this.#registry.metrics()
  }

  get contentType(): string {
    return this.#registry.contentType
  }
}
