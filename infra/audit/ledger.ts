import { z } from 'zod'

const pageSize = 1_000
const pageTimeoutMs = 5_000
/** A ledger that does not end is not one of ours. */
const maxPages = 10_000

const charge = z.object({
  id: z.string(),
  idempotency_key: z.string(),
  amount_minor: z.int(),
  refunded_minor: z.int(),
  currency: z.string(),
  state: z.enum(['authorised', 'captured', 'voided', 'refunded', 'declined']),
})
const page = z.object({ items: z.array(charge), next_cursor: z.string().nullable() })

export type ProviderCharge = z.infer<typeof charge>

/** A payment of ours that has come to rest, with what we believe of its charge. */
export interface SettledPayment {
  readonly id: string
  readonly provider_key: string
  readonly status: 'captured' | 'refunded' | 'voided' | 'failed'
  readonly captured_minor: number
  readonly refunded_minor: number
  readonly currency: string | null
}

/** Every charge that the provider knows of. Throws when it does not answer. */
export async function readLedger(paymentUrl: string): Promise<ProviderCharge[]> {
  const charges: ProviderCharge[] = []
  let cursor: string | null = null
  for (let pages = 0; pages < maxPages; pages += 1) {
    const query = new URLSearchParams({ limit: String(pageSize), ...(cursor === null ? {} : { cursor }) })
    const response = await fetch(`${paymentUrl}/ledger?${query}`, { signal: AbortSignal.timeout(pageTimeoutMs) })
    if (!response.ok) throw new Error(`the provider's ledger answered ${response.status}`)
    const { items, next_cursor } = page.parse(await response.json())
    charges.push(...items)
    if (next_cursor === null) return charges
    cursor = next_cursor
  }
  throw new Error(`the provider's ledger has more than ${maxPages} pages`)
}

/**
 * What disagrees between our payments at rest and the provider's charges, to the cent. `openKeys` are those of payments
 * still under way: how their charges stand is nobody's fault yet. `since` (epoch milliseconds): charges made later may
 * belong to payments that were not read.
 */
export function disagreements(
  payments: readonly SettledPayment[],
  charges: readonly ProviderCharge[],
  { openKeys, since }: { openKeys: ReadonlySet<string>; since: number },
): string[] {
  const byKey = new Map(charges.map((each) => [each.idempotency_key, each]))
  const ours = new Set(payments.map(({ provider_key }) => provider_key))
  const found: string[] = []
  if (byKey.size !== charges.length) found.push(`${charges.length - byKey.size} keys have more than one charge`)
  const later = payments.filter(({ status }) => status !== 'failed').map(({ provider_key }) => provider_key)
  const handedOn = new Set([...openKeys, ...later])
  for (const payment of payments) {
    // A try that failed before the provider was asked leaves its key to the next one.
    if (payment.status === 'failed' && handedOn.has(payment.provider_key)) continue
    const fault = faultOf(payment, byKey.get(payment.provider_key))
    if (fault !== null) found.push(`payment ${payment.id}: ${fault}`)
  }
  for (const { id, idempotency_key, state } of charges) {
    const isKnown = ours.has(idempotency_key) || openKeys.has(idempotency_key) || madeAt(id) > since
    if (!isKnown && (state === 'authorised' || state === 'captured')) {
      found.push(`charge ${id} is ${state} for no payment of ours`)
    }
  }
  return found
}

function faultOf(payment: SettledPayment, found: ProviderCharge | undefined): string | null {
  const { captured_minor: captured, refunded_minor: refunded, currency } = payment
  if (captured === 0) {
    const keepsMoney = found?.state === 'authorised' || found?.state === 'captured'
    return keepsMoney ? `${payment.status} here, ${found?.state} there` : null
  }
  if (found === undefined) return `captured here, unknown there`
  if (found.state !== 'captured' && found.state !== 'refunded') return `captured here, ${found.state} there`
  if (found.amount_minor !== captured || found.currency !== currency) {
    return `${captured} ${currency} here, ${found.amount_minor} ${found.currency} there`
  }
  if (found.refunded_minor !== refunded) return `${refunded} refunded here, ${found.refunded_minor} there`
  return null
}

/** The time in a UUID of version 7, in epoch milliseconds. */
function madeAt(uuid: string): number {
  return Number.parseInt(uuid.replaceAll('-', '').slice(0, 12), 16)
}
