import { z } from 'zod'

const pageSize = 1_000
const pageTimeoutMs = 5_000
/** Against a provider whose pages never end. */
const maxPages = 10_000

const charge = z.object({
  id: z.string(),
  idempotency_key: z.string(),
  amount_minor: z.int(),
  refunded_minor: z.int(),
  currency: z.string(),
  state: z.enum(['authorised', 'captured', 'voided', 'refunded', 'declined']),
})
/** A key that was voided before anybody asked for money. */
const tombstone = z.object({ state: z.literal('voided'), amount_minor: z.null() })
const page = z.object({ items: z.array(charge), next_cursor: z.string().nullable() })

export type ProviderCharge = z.infer<typeof charge>

/** Which part of the ledger is read: charges that changed since a time; null: all. */
export interface LedgerPart {
  readonly paymentUrl: string
  readonly since: Date | null
}

interface LedgerPage {
  readonly charges: readonly ProviderCharge[]
  /** The same page, as it is at the time of the call. */
  readAgain(): Promise<readonly ProviderCharge[]>
}

/** Every charge of a part of the ledger, a page at a time, oldest first. Throws when the provider does not answer. */
export async function* ledgerPages(part: LedgerPart): AsyncGenerator<LedgerPage> {
  let cursor: string | null = null
  for (let pages = 0; pages < maxPages; pages += 1) {
    const begin: string | null = cursor
    const { items, next_cursor }: z.infer<typeof page> = await readPage(part, begin)
    yield { charges: items, readAgain: async () => (await readPage(part, begin)).items }
    if (next_cursor === null) return
    cursor = next_cursor
  }
  throw new Error(`the provider's ledger has more than ${maxPages} pages`)
}

/** One charge as it stands now; undefined where the provider has none with that key. Throws when it does not answer. */
export async function readCharge(paymentUrl: string, key: string): Promise<ProviderCharge | undefined> {
  const response = await fetch(`${paymentUrl}/charges/${encodeURIComponent(key)}`, {
    signal: AbortSignal.timeout(pageTimeoutMs),
  })
  if (response.status === 404) return undefined
  if (!response.ok) throw new Error(`the provider answered ${response.status} for a charge`)
  const known: unknown = await response.json()
  return tombstone.safeParse(known).success ? undefined : charge.parse(known)
}

async function readPage({ paymentUrl, since }: LedgerPart, cursor: string | null): Promise<z.infer<typeof page>> {
  const query = new URLSearchParams({
    limit: String(pageSize),
    ...(cursor !== null && { cursor }),
    ...(since !== null && { changed_since: since.toISOString() }),
  })
  const response = await fetch(`${paymentUrl}/ledger?${query}`, { signal: AbortSignal.timeout(pageTimeoutMs) })
  if (!response.ok) throw new Error(`the provider's ledger answered ${response.status}`)
  return page.parse(await response.json())
}
