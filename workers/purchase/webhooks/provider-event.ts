import type { Charge } from '../providers/payment-provider.ts'

/** An event that a provider sent by webhook. It may be old or repeated. */
export interface ProviderEvent {
  /** The provider's id of the event, the same at every repetition. */
  readonly id: string
  /** The unchanged body. */
  readonly body: string
  /** Null if it concerns no payment of ours. */
  readonly about: ChargeEvent | RefundEvent | null
}

export interface ChargeEvent {
  readonly kind: 'charge'
  readonly chargeKey: string
  /** The state of the charge at that time. */
  readonly charge: Charge
}

/** Money of a charge was refunded. */
export interface RefundEvent {
  readonly kind: 'refund'
  readonly chargeKey: string
  readonly refundKey: string
  readonly amountMinor: number
}
