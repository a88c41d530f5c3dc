/** How a charge stands at the provider. */
export type Charge =
  | { readonly state: 'authorised' | 'captured' | 'refunded' | 'voided' }
  | { readonly state: 'declined'; readonly declineCode: string }

export interface ChargeRequest {
  readonly key: string
  readonly amountMinor: number
  readonly currency: string
  /** What the buyer's page got from the provider; sent on and forgotten. */
  readonly token: string
}

export interface RefundRequest {
  /** Key of the charge. */
  readonly key: string
  /** Names this refund: the money goes back once per key. */
  readonly refundKey: string
  /** Above 0. */
  readonly amountMinor: number
}

/**
 * The provider that keeps the money. Everything about a charge goes by our own key, so that each call may be repeated: at most one
 * charge ever belongs to a key. All calls throw `ProviderError` when there is no answer by `deadlineAt`
 * (`performance.now()` of this process). `README.md` beside this file says how the calls map to a card provider's.
 */
export interface PaymentProvider {
  /** As a buyer reads it: `paid with <name>`. */
  readonly name: string
  /** Reserves the money. A key that was voided beforehand answers `voided`. */
  authorise(request: ChargeRequest, deadlineAt: number): Promise<Charge>
  /** Takes the reserved money. Answers `declined` or `voided` when it is no longer available. */
  capture(key: string, deadlineAt: number): Promise<Charge>
  /** Frees the reserved money. A key never seen before is refused from then on, should its authorise arrive late. */
  void(key: string, deadlineAt: number): Promise<Charge>
  /** How the charge stands, or `null` when the key was never seen. */
  lookUp(key: string, deadlineAt: number): Promise<Charge | null>
  /** Gives captured money back. Throws when the provider refuses: all rules were kept before it was asked. */
  refund(request: RefundRequest, deadlineAt: number): Promise<void>
  /** Whether the money of a refund went back. */
  lookUpRefund(request: Pick<RefundRequest, 'key' | 'refundKey'>, deadlineAt: number): Promise<boolean>
}

/** The provider gave no usable answer. */
export class ProviderError extends Error {
  /** Whether the request may have reached it, so that its effect is unknown. */
  readonly requestSent: boolean

  constructor(message: string, options: { requestSent: boolean; cause?: unknown }) {
    super(message, { cause: options.cause })
    this.name = 'ProviderError'
    this.requestSent = options.requestSent
  }
}
