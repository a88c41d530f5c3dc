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

/** Some charges that stand together in the provider's ledger. */
export interface LedgerPage {
  readonly charges: readonly ProviderCharge[]
  /** Where the page begins, so that it can be read again; null: the first one. */
  readonly cursor: string | null
}

/** Every charge that the provider knows of, a page at a time, oldest first. Throws when it does not answer. */
export async function* ledgerPages(paymentUrl: string): AsyncGenerator<LedgerPage> {
  let cursor: string | null = null
  for (let pages = 0; pages < maxPages; pages += 1) {
    const { items, next_cursor }: z.infer<typeof page> = await readPage(paymentUrl, cursor)
    yield { charges: items, cursor }
    if (next_cursor === null) return
    cursor = next_cursor
  }
  throw new Error(`the provider's ledger has more than ${maxPages} pages`)
}

/** The charges of one page as they stand now. */
export async function readLedgerPage(paymentUrl: string, cursor: string | null): Promise<ProviderCharge[]> {
  return (await readPage(paymentUrl, cursor)).items
}

/** The whole ledger at once, where it is known to be short. */
export async function readLedger(paymentUrl: string): Promise<ProviderCharge[]> {
  const charges: ProviderCharge[] = []
  for await (const each of ledgerPages(paymentUrl)) charges.push(...each.charges)
  return charges
}

async function readPage(paymentUrl: string, cursor: string | null): Promise<z.infer<typeof page>> {
  const query = new URLSearchParams({ limit: String(pageSize), ...(cursor === null ? {} : { cursor }) })
  const response = await fetch(`${paymentUrl}/ledger?${query}`, { signal: AbortSignal.timeout(pageTimeoutMs) })
  if (!response.ok) throw new Error(`the provider's ledger answered ${response.status}`)
  return page.parse(await response.json())
}
