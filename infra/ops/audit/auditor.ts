import type Logger from 'bunyan'
import { viewInvariants as contract } from '#shared/contracts/audit.ts'
import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { DeadLetter } from '#shared/facts/consume.ts'
import { requireOrganiser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { type PeriodicJob, startPeriodicJob } from '#shared/periodic-job.ts'
import { type AuditOptions, type AuditReport, audit } from './audit.ts'
import type { AuditMetrics } from './metrics.ts'

export interface AuditorOptions extends Pick<AuditOptions, 'databaseUrl' | 'paymentUrl' | 'redis'> {
  readonly everyMs: number
  readonly metrics: AuditMetrics
  readonly log: Logger
}

/** Each pause lasts this many times as long as the audit before it, so the auditor reads for at most a third of the time. */
const restsPerLength = 2

/** How far an audit looks back beyond the last one that found nothing. */
const windowMs = 3_600_000
/** How far the first audit of a process looks back. */
const firstWindowMs = 24 * 3_600_000

/** Without a finished audit for this much longer than usual, the machine slept or the database was stopped: watching begins anew. */
const longestBreakMs = 60_000

/** Audits again and again, and remembers the last report. */
export class Auditor {
  readonly #options: AuditorOptions
  readonly #auditing: PeriodicJob
  #last: AuditReport | null = null
  /** The pause ends at this `performance.now()`. */
  #restsUntil = 0
  #deadLetters = 0
  /** `performance.now()` of the last audit that found nothing. */
  #cleanAt: number | null = null
  #watchingSince = performance.now()
  /** Epoch ms, because other clocks may stop while the machine sleeps. */
  #breaksAt = Number.POSITIVE_INFINITY

  constructor(options: AuditorOptions) {
    this.#options = options
    const { everyMs, log } = options
    this.#auditing = startPeriodicJob({ name: 'audit', everyMs, log }, () => this.#auditUnlessResting())
  }

  /** A fact that a consumer gave up. */
  deadLetter({ stream, consumer, stream_seq, deliveries }: DeadLetter): void {
    this.#deadLetters += 1
    this.#options.metrics.deadLetter(consumer)
    const facts = { stream, consumer, stream_sequence: stream_seq, deliveries }
    this.#options.log.error(facts, 'a fact was given up after its last delivery')
  }

  get view(): ReplyOf<typeof contract> {
    const last = this.#last
    return {
      checked_at: last?.checkedAt.toISOString() ?? null,
      duration_ms: last?.durationMs ?? null,
      violations: last?.violations ?? 0,
      dead_letters: this.#deadLetters,
      items: (last?.results ?? []).map(({ invariant, says, violations, checked, examples }) => {
        return { invariant, says, violations, checked, examples: [...examples] }
      }),
    }
  }

  /** Resolves when the audit in progress has ended. */
  stop(): Promise<void> {
    return this.#auditing.stop()
  }

  async #auditUnlessResting(): Promise<false> {
    const startedAt = performance.now()
    if (startedAt < this.#restsUntil) return false
    if (Date.now() > this.#breaksAt) this.#watchingSince = startedAt
    const { databaseUrl, paymentUrl, redis = null, everyMs } = this.#options
    try {
      const done = await audit({
        ...{ databaseUrl, paymentUrl, redis },
        windowMs: this.#cleanAt === null ? firstWindowMs : windowMs + startedAt - this.#cleanAt,
        watchedForMs: startedAt - this.#watchingSince,
      })
      // What was found stays in the window until it is gone.
      if (done.violations === 0 && done.unchecked === 0) this.#cleanAt = startedAt
      this.#report(done)
      const restMs = restsPerLength * (performance.now() - startedAt)
      this.#breaksAt = Date.now() + restMs + everyMs + longestBreakMs
    } finally {
      const endedAt = performance.now()
      this.#restsUntil = endedAt + restsPerLength * (endedAt - startedAt)
    }
    return false
  }

  #report(done: AuditReport): void {
    const { metrics, log } = this.#options
    const missedBefore = new Set(this.#last?.results.filter(({ checked }) => !checked).map(({ says }) => says))
    this.#last = done
    metrics.audited(done)
    for (const { invariant, says, violations, examples, checked } of done.results) {
      // The first time is no warning, because the next audit checks it again: at a start the provider may not answer yet.
      if (!checked)
        log[missedBefore.has(says) ? 'warn' : 'info']({ invariant, says }, 'an invariant could not be checked')
      if (violations > 0) log.error({ invariant, says, violations, examples }, 'an invariant is violated')
    }
  }
}

/** Tells organisers the last result. */
export function viewInvariants(auditor: Auditor): Operation {
  return operation(contract, async (_request, { caller }) => {
    requireOrganiser(caller)
    return auditor.view
  })
}
