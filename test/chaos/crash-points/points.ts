import type { Interception } from '../../../infra/system/links.ts'
import type { CrashLink } from './crash-system.ts'
import { buying, buyingAgain, cancelling, declined, holding, latePayment, revoked, type Scenario } from './stories.ts'

/** A process dies right before or right after one of its steps. */
export interface CrashPoint extends Pick<Interception, 'request' | 'when'> {
  readonly step: string
  /** On which link the step is seen; the process at its beginning dies. */
  readonly link: CrashLink
  readonly scenario: Scenario
}

interface Step extends Pick<CrashPoint, 'step' | 'link' | 'request'> {
  readonly scenario: Scenario | { readonly before: Scenario; readonly after: Scenario }
}

/** A message with a reply subject, by which its reply is known. */
const published = (subject: string): RegExp => new RegExp(`(?:^|\\n)H?PUB ${subject} (?<reply>\\S+) \\d+`)
const toBooking = (operation: string): Pick<Step, 'link' | 'request'> => ({
  link: 'purchase → nats',
  request: published(`ticketing\\.v1\\.booking\\.${operation}`),
})
const toProvider = (path: string): Pick<Step, 'link' | 'request'> => ({
  link: 'purchase → sandbox',
  request: new RegExp(`^POST /charges${path} HTTP`),
})

const steps: readonly Step[] = [
  { step: 'begin-payment', ...toBooking('begin-payment'), scenario: buying },
  { step: 'authorise', ...toProvider(''), scenario: { before: buyingAgain, after: buying } },
  { step: 'confirm-hold', ...toBooking('confirm-hold'), scenario: buying },
  { step: 'capture', ...toProvider('/[^/ ]+/capture'), scenario: buying },
  { step: 'void', ...toProvider('/[^/ ]+/void'), scenario: latePayment },
  { step: 'return-hold', ...toBooking('return-hold'), scenario: declined },
  { step: 'revoke-booking', ...toBooking('revoke-booking'), scenario: revoked },
  { step: 'refund', ...toProvider('/[^/ ]+/refunds'), scenario: cancelling },
  {
    step: 'outbox publish',
    link: 'booking → nats',
    request: published('ticketing\\.fact\\.hold\\.\\S+'),
    scenario: holding,
  },
]

export const crashPoints: readonly CrashPoint[] = steps.flatMap((step) =>
  (['before', 'after'] as const).map((when) => ({
    ...step,
    when,
    scenario: typeof step.scenario === 'function' ? step.scenario : step.scenario[when],
  })),
)
