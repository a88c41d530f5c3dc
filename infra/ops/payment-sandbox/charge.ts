/** As it is answered, listed and called back. A tombstone has neither amount nor currency. */
export interface Charge {
  readonly id: string
  readonly idempotency_key: string
  readonly amount_minor: number | null
  readonly refunded_minor: number
  readonly currency: string | null
  /** `refunded`: captured, and all of it given back. */
  readonly state: 'authorised' | 'captured' | 'voided' | 'refunded' | 'declined'
  readonly decline_code: string | null
}

export interface Refund {
  readonly id: string
  readonly idempotency_key: string
  readonly amount_minor: number
}

/** Something happened to a charge; this is how it stood right after. */
export interface ChargeChange {
  readonly type: 'charge.authorised' | 'charge.declined' | 'charge.captured' | 'charge.voided' | 'charge.refunded'
  readonly charge: Charge
  /** Of `charge.refunded` only. */
  readonly refund?: Refund
}
