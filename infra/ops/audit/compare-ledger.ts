import type pg from 'pg'
import { findPayments, pagesOfCaptured } from './books.ts'
import { disagreements } from './disagreements.ts'
import { type LedgerPart, ledgerPages, type ProviderCharge, readCharge, readLedgerPage } from './ledger.ts'

/** Of payments that came to rest long after their charge changed, which are few. */
const maxSingleCharges = 1_000

export interface LedgerComparison extends LedgerPart {
  readonly client: pg.Client
  /** By the database's clock: charges of payments that were at rest then are in the ledger that is read afterwards. */
  readonly startedAt: Date
}

/**
 * What disagrees between the provider's ledger and our books, each as soon as it is found. Of the ledger nothing but its keys
 * is remembered, some 100 bytes a charge. Throws when the provider does not answer.
 */
export async function* ledgerViolations(comparison: LedgerComparison): AsyncGenerator<string> {
  const { client, paymentUrl, startedAt, since } = comparison
  const keys = new Set<string>()
  for await (const { charges, cursor } of ledgerPages(comparison)) {
    let read: readonly ProviderCharge[] | undefined = charges
    yield* await foundTwice(async () => {
      const current = read ?? (await readLedgerPage(comparison, cursor))
      read = undefined
      return compare(client, current)
    })
    for (const { id, idempotency_key: key } of charges) {
      if (keys.has(key)) yield `charge ${id} is not the only one of its key`
      keys.add(key)
    }
  }
  let asked = 0
  for await (const payments of pagesOfCaptured(client, { moment: startedAt, since })) {
    for (const { id, provider_key: key } of payments) {
      if (keys.has(key)) continue
      asked += 1
      if (asked > maxSingleCharges) throw new Error(`over ${maxSingleCharges} payments have no charge in the ledger`)
      yield* await foundTwice(async () => {
        const charge = await readCharge(paymentUrl, key)
        return charge === undefined ? [`payment ${id}: captured here, unknown there`] : compare(client, [charge])
      })
    }
  }
}

async function compare(client: pg.Client, charges: readonly ProviderCharge[]): Promise<string[]> {
  const keys = charges.map(({ idempotency_key }) => idempotency_key)
  return disagreements(charges, await findPayments(client, keys))
}

/**
 * What a first look finds must be there at the second. Between a look at the ledger and one at our books, a refund may begin and end.
 * Payments suspected for that have come to rest before the second look, and agree then.
 */
async function foundTwice(look: () => Promise<string[]>): Promise<string[]> {
  const suspicions = await look()
  if (suspicions.length === 0) return []
  const again = new Set(await look())
  return suspicions.filter((suspicion) => again.has(suspicion))
}
