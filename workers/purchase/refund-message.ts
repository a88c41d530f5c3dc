import { formatMinor } from '#shared/money.ts'

export interface ReturnedMoney {
  readonly amountMinor: number
  readonly currency: string
}

/** The tickets were cancelled and their money refunded. */
export function refundedMessage({ amountMinor, currency }: ReturnedMoney): string {
  if (amountMinor === 0) return 'The tickets were given back; there was nothing to refund.'
  return `The tickets were given back and ${formatMinor(amountMinor, currency)} refunded.`
}

/** The tickets were cancelled, and the refund is in progress. */
export function returningMessage({ amountMinor, currency }: ReturnedMoney): string {
  if (amountMinor === 0) return 'The tickets were given back.'
  return `The tickets were given back; ${formatMinor(amountMinor, currency)} are on their way to the buyer. The booking shows when they have arrived.`
}
