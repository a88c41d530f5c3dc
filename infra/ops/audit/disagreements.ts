import type { BookedPayment } from './books.ts'
import type { ProviderCharge } from './ledger.ts'

/**
 * Differences between charges and our payments with the same keys, to the cent. The charges were read first, and we store a payment before
 * we ask for its charge, so each charge must have a payment. Payments in progress are not judged.
 */
export function disagreements(charges: readonly ProviderCharge[], payments: readonly BookedPayment[]): string[] {
  const paymentsByKey = Map.groupBy(payments, ({ provider_key }) => provider_key)
  return charges.flatMap((charge) => {
    const payment = decisiveOf(paymentsByKey.get(charge.idempotency_key) ?? [])
    if (payment === undefined) {
      return keepsMoney(charge) ? [`charge ${charge.id} is ${charge.state} for no payment of ours`] : []
    }
    const fault = payment.at_rest ? faultOf(payment, charge) : null
    return fault === null ? [] : [`payment ${payment.id}: ${fault}`]
  })
}

/** The payment that decides, of all with one key: a try that failed before the provider was asked leaves its key to the next one. */
function decisiveOf(payments: readonly BookedPayment[]): BookedPayment | undefined {
  return payments.find(({ status }) => status !== 'failed') ?? payments.find(({ at_rest }) => !at_rest) ?? payments[0]
}

function faultOf(payment: BookedPayment, charge: ProviderCharge): string | null {
  const { captured_minor: captured, refunded_minor: refunded, currency } = payment
  if (captured === 0) return keepsMoney(charge) ? `${payment.status} here, ${charge.state} there` : null
  if (charge.state !== 'captured' && charge.state !== 'refunded') return `captured here, ${charge.state} there`
  if (charge.amount_minor !== captured || charge.currency !== currency) {
    return `${captured} ${currency} here, ${charge.amount_minor} ${charge.currency} there`
  }
  if (charge.refunded_minor !== refunded) return `${refunded} refunded here, ${charge.refunded_minor} there`
  return null
}

/** Whether the provider has or reserves a buyer's money. */
export function keepsMoney({ state }: ProviderCharge): boolean {
  return state === 'authorised' || state === 'captured'
}
