import type Logger from 'bunyan'
import { type Chore, startChore } from '#shared/chore.ts'
import { viewInvariants as contract } from '#shared/contracts/audit.ts'
import type { ReplyOf } from '#shared/contracts/contract.ts'
import { requireOrganiser } from '#shared/messaging/caller.ts'
import type { DeadLetter } from '#shared/messaging/consume-facts.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { type AuditOptions, type AuditReport, audit } from './audit.ts'
import type { AuditMetrics } from './metrics.ts'

export interface AuditorOptions extends AuditOptions {
  readonly everyMs: number
  readonly metrics: AuditMetrics
  readonly log: Logger
}

/** Audits again and again, and remembers the last report. */
export class Auditor {
  readonly #options: AuditorOptions
  readonly #auditing: Chore
  #last: AuditReport | null = null
  #deadLetters = 0

  constructor(options: AuditorOptions) {
    this.#options = options
    const { everyMs, log } = options
    this.#auditing = startChore({ name: 'audit', everyMs, log }, () => this.#auditOnce())
  }

  /** A fact that a consumer gave up. */
  deadLetter({ stream, consumer, streamSequence, deliveries }: DeadLetter): void {
    this.#deadLetters += 1
    this.#options.metrics.deadLetter(consumer)
    const facts = { stream, consumer, stream_sequence: streamSequence, deliveries }
    this.#options.log.error(facts, 'a fact was given up after its last delivery')
  }

  get view(): ReplyOf<typeof contract> {
    const last = this.#last
    return {
      checked_at: last?.checkedAt.toISOString() ?? null,
      duration_ms: last?.durationMs ?? null,
      violations: last?.violations ?? 0,
      dead_letters: this.#deadLetters,
      items: (last?.results ?? []).map((result) => ({ ...result, examples: [...result.examples] })),
    }
  }

  /** Ends once the audit under way is through. */
  stop(): Promise<void> {
    return this.#auditing.stop()
  }

  async #auditOnce(): Promise<false> {
    const { metrics, log } = this.#options
    this.#last = await audit(this.#options)
    metrics.audited(this.#last)
    for (const { invariant, says, violations, examples } of this.#last.results) {
      if (violations > 0) log.error({ invariant, says, violations, examples }, 'an invariant is violated')
    }
    return false
  }
}

/** Tells organisers the last result. */
export function viewInvariants(auditor: Auditor): Operation {
  return operation(contract, async (_request, { caller }) => {
    requireOrganiser(caller)
    return auditor.view
  })
}
