import type { Charge } from '../providers/payment-provider.ts'

/** Something that a provider told by webhook, unasked. It may be old, or told before. */
export interface ProviderEvent {
  /** The provider's own id of what happened: the same however often it is told. */
  readonly id: string
  /** As it came. */
  readonly body: string
  /** Null when it concerns nothing of ours. */
  readonly about: ChargeEvent | RefundEvent | null
}

export interface ChargeEvent {
  readonly kind: 'charge'
  readonly chargeKey: string
  /** How the charge stood. */
  readonly charge: Charge
}

/** Money of a charge went back. */
export interface RefundEvent {
  readonly kind: 'refund'
  readonly chargeKey: string
  readonly refundKey: string
  readonly amountMinor: number
}
