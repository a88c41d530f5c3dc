import { ledgerPages, type ProviderCharge } from '../../infra/ops/audit/ledger.ts'

/** The provider's whole ledger at once; tests keep it short. */
export async function readLedger(paymentUrl: string): Promise<ProviderCharge[]> {
  const charges: ProviderCharge[] = []
  for await (const each of ledgerPages({ paymentUrl, since: null })) charges.push(...each.charges)
  return charges
}
