import { Counter } from 'prom-client'
import { type PaymentStatus, paymentStatuses, type RefundStatus } from '#shared/contracts/purchase.ts'
import { DurationHistogram, secondsSince } from '#shared/observability/duration-histogram.ts'
import type { Metrics } from '#shared/observability/metrics.ts'
import { outcomeOf, type Payment } from './payment.ts'

/** A failed payment counts under the outcome that its buyer sees, because operators search for that. */
const failedStates = ['declined', 'revoked', 'not_started'] as const
type PaymentState = Exclude<PaymentStatus, 'failed'> | (typeof failedStates)[number]

const paymentStates: readonly PaymentState[] = [
  ...paymentStatuses.filter((status) => status !== 'failed'),
  ...failedStates,
]

/** Metrics of payments and refunds, and of the provider's response times. */
export class PurchaseMetrics {
  readonly #payments: Counter<'state'>
  readonly #refunds: Counter<'state'>
  readonly #providerRequests: DurationHistogram<'operation' | 'outcome'>

  constructor(metrics: Metrics) {
    const registers = [metrics.registry]
    this.#payments = new Counter({
      name: 'payments_total',
      help: 'Payments that entered a state.',
      labelNames: ['state'],
      registers,
    })
    for (const state of paymentStates) this.#payments.inc({ state }, 0)
    this.#refunds = new Counter({
      name: 'refunds_total',
      help: 'Refunds that entered a state.',
      labelNames: ['state'],
      registers,
    })
    this.#providerRequests = new DurationHistogram(metrics, {
      name: 'provider_request_duration_seconds',
      help: 'Time of a request to the payment provider.',
      labelNames: ['operation', 'outcome'],
    })
  }

  paymentMoved(payment: Pick<Payment, 'status' | 'failure'>): void {
    this.#payments.inc({ state: payment.status === 'failed' ? outcomeOf(payment) : payment.status })
  }

  refundMoved(status: RefundStatus): void {
    this.#refunds.inc({ state: status })
  }

  /** Begins to measure a request. Call the returned function with the state of the charge, or with `no_answer`. */
  askingProvider(operation: string): (outcome: string) => void {
    const startedAt = performance.now()
    return (outcome) => this.#providerRequests.observe({ operation, outcome }, secondsSince(startedAt))
  }
}
