import type { PaymentProvider } from './payment-provider.ts'

/** Stands in for a provider when nothing is to be paid or given back: all takes the same path, but nobody is asked. */
export const noCharge: PaymentProvider = {
  name: 'nothing to pay',
  authorise: async () => ({ state: 'authorised' }),
  capture: async () => ({ state: 'captured' }),
  void: async () => ({ state: 'voided' }),
  lookUp: async () => ({ state: 'authorised' }),
  refund: async () => undefined,
  lookUpRefund: async () => true,
}
