import { buying, buyingAgain, declined, revoked } from './scenarios/buying.ts'
import { latePayment } from './scenarios/late-payment.ts'
import { cancelling, holding } from './scenarios/others.ts'
import type { Scenario } from './scenarios/story.ts'
import type { CrashMoment } from './stand/crash.ts'
import type { LineName } from './stand/lines.ts'

/** A process dies right before or right after one of its steps. */
export interface CrashPoint extends CrashMoment {
  readonly step: string
  /** On which line the step is seen; who dies is the process at its beginning. */
  readonly line: LineName
  readonly scenario: Scenario
  /** Whether holds must run out within the story, or must not. */
  readonly holds: 'short' | 'long'
}

interface Step {
  readonly step: string
  readonly line: LineName
  readonly at: RegExp
  readonly scenario: Scenario | { readonly before: Scenario; readonly after: Scenario }
  readonly holds?: 'short'
}

const toBooking = (operation: string): Pick<Step, 'line' | 'at'> => ({
  line: 'purchase → nats',
  at: new RegExp(`^ticketing\\.v1\\.booking\\.${operation}$`),
})
const toProvider = (path: string): Pick<Step, 'line' | 'at'> => ({
  line: 'purchase → sandbox',
  at: new RegExp(`^POST /charges${path}$`),
})

const steps: readonly Step[] = [
  { step: 'begin-payment', ...toBooking('begin-payment'), scenario: buying },
  { step: 'authorise', ...toProvider(''), scenario: { before: buyingAgain, after: buying } },
  { step: 'confirm-hold', ...toBooking('confirm-hold'), scenario: buying },
  { step: 'capture', ...toProvider('/[^/]+/capture'), scenario: buying },
  { step: 'void', ...toProvider('/[^/]+/void'), scenario: latePayment, holds: 'short' },
  { step: 'return-hold', ...toBooking('return-hold'), scenario: declined },
  { step: 'revoke-booking', ...toBooking('revoke-booking'), scenario: revoked },
  { step: 'refund', ...toProvider('/[^/]+/refunds'), scenario: cancelling },
  { step: 'outbox publish', line: 'booking → nats', at: /^ticketing\.fact\.hold\./, scenario: holding },
]

export const crashPoints: readonly CrashPoint[] = steps.flatMap((step) =>
  (['before', 'after'] as const).map((when) => ({
    ...step,
    when,
    scenario: typeof step.scenario === 'function' ? step.scenario : step.scenario[when],
    holds: step.holds ?? 'long',
  })),
)
