import type pg from 'pg'
import { findPayments, pagesOfCaptured } from './books.ts'
import { disagreements } from './disagreements.ts'
import { ledgerPages, type ProviderCharge, readLedgerPage } from './ledger.ts'

export interface LedgerComparison {
  readonly client: pg.Client
  readonly paymentUrl: string
  /** By the database's clock: charges of payments that were at rest then are in the ledger that is read afterwards. */
  readonly startedAt: Date
}

/**
 * What disagrees between the provider's ledger and our books, each as soon as it is found. Of the ledger nothing but its keys
 * is remembered, some 100 bytes a charge. Throws when the provider does not answer.
 */
export async function* ledgerViolations(comparison: LedgerComparison): AsyncGenerator<string> {
  const { client, paymentUrl, startedAt } = comparison
  const keys = new Set<string>()
  for await (const { charges, cursor } of ledgerPages(paymentUrl)) {
    const suspicions = await compare(client, charges)
    if (suspicions.length > 0) yield* await stillFound(suspicions, comparison, cursor)
    for (const { id, idempotency_key: key } of charges) {
      if (keys.has(key)) yield `charge ${id} is not the only one of its key`
      keys.add(key)
    }
  }
  for await (const payments of pagesOfCaptured(client, startedAt)) {
    for (const { id, provider_key: key } of payments) {
      if (!keys.has(key)) yield `payment ${id}: captured here, unknown there`
    }
  }
}

async function compare(client: pg.Client, charges: readonly ProviderCharge[]): Promise<string[]> {
  const keys = charges.map(({ idempotency_key }) => idempotency_key)
  return disagreements(charges, await findPayments(client, keys))
}

/**
 * Between a look at the ledger and one at our books, a refund may begin and end. Whoever is suspected for that has come to rest
 * before the second look, and agrees then.
 */
async function stillFound(
  suspicions: readonly string[],
  { client, paymentUrl }: LedgerComparison,
  cursor: string | null,
): Promise<string[]> {
  const again = new Set(await compare(client, await readLedgerPage(paymentUrl, cursor)))
  return suspicions.filter((suspicion) => again.has(suspicion))
}
