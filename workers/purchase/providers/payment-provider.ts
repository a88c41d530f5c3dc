/** The state of a charge at the provider. */
export type Charge =
  | { readonly state: 'authorised' | 'captured' | 'refunded' | 'voided' }
  | { readonly state: 'declined'; readonly declineCode: string }

export interface ChargeRequest {
  readonly key: string
  readonly amountMinor: number
  readonly currency: string
  /** The token that the buyer's page got from the provider; passed on and never stored. */
  readonly token: string
}

export interface RefundRequest {
  /** Key of the charge. */
  readonly key: string
  /** Key of the refund: its money is refunded once. */
  readonly refundKey: string
  /** Above 0. */
  readonly amountMinor: number
}

/**
 * The provider that handles the money. Every call names a charge by our own key, so all calls are idempotent: a key never has more than one
 * charge. All calls throw `ProviderError` if there is no answer by `deadlineAt` (`performance.now()` of this process). `README.md` in this
 * folder maps the calls to a card provider's.
 */
export interface PaymentProvider {
  /** The name for buyers: `paid with <name>`. */
  readonly name: string
  /** Reserves the money. A key that was already voided returns `voided`. */
  authorise(request: ChargeRequest, deadlineAt: number): Promise<Charge>
  /** Captures the reserved money. Returns `declined` or `voided` if it is no longer available. */
  capture(key: string, deadlineAt: number): Promise<Charge>
  /** Frees the reserved money. An unknown key is refused from then on, in case its authorise arrives late. */
  void(key: string, deadlineAt: number): Promise<Charge>
  /** The state of a charge, or `null` for an unknown key. */
  lookUp(key: string, deadlineAt: number): Promise<Charge | null>
  /** Refunds captured money. Throws if the provider refuses: our rules were already checked. */
  refund(request: RefundRequest, deadlineAt: number): Promise<void>
  /** Whether the money of a refund was paid back. */
  lookUpRefund(request: Pick<RefundRequest, 'key' | 'refundKey'>, deadlineAt: number): Promise<boolean>
}

/** The provider gave no usable answer. */
export class ProviderError extends Error {
  /** Whether the request may have reached the provider, so that its effect is unknown. */
  readonly requestSent: boolean

  constructor(message: string, options: { requestSent: boolean; cause?: unknown }) {
    super(message, { cause: options.cause })
    this.name = 'ProviderError'
    this.requestSent = options.requestSent
  }
}
