import type { PaymentProvider } from './payment-provider.ts'

/** Replaces a provider when nothing is to be paid or refunded: the steps are the same, but no provider is called. */
export const noCharge: PaymentProvider = {
  name: 'nothing to pay',
  authorise: async () => ({ state: 'authorised' }),
  capture: async () => ({ state: 'captured' }),
  void: async () => ({ state: 'voided' }),
  lookUp: async () => ({ state: 'authorised' }),
  refund: async () => undefined,
  lookUpRefund: async () => true,
}
