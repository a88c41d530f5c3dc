import type pg from 'pg'
import { findPayments, pagesOfCaptured } from './books.ts'
import { disagreements } from './disagreements.ts'
import { type LedgerPart, ledgerPages, type ProviderCharge, readCharge } from './ledger.ts'

/** Charges that are read one by one: only those of payments that came to rest long after their charge changed. */
const maxSingleCharges = 1_000

export interface LedgerComparison extends LedgerPart {
  readonly client: pg.Client
  /** By the database's clock. Charges of payments at rest at this time are in the ledger, which is read later. */
  readonly startedAt: Date
}

/**
 * Differences between the provider's ledger and our books, each as soon as it is found. Only the keys of the ledger stay in memory, some 100
 * bytes a charge. Throws when the provider does not answer.
 */
export async function* ledgerViolations(comparison: LedgerComparison): AsyncGenerator<string> {
  const { client, paymentUrl, startedAt, since } = comparison
  const keys = new Set<string>()
  for await (const { charges, readAgain } of ledgerPages(comparison)) {
    yield* await confirmed(await compare(client, charges), async () => compare(client, await readAgain()))
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
      const look = async (): Promise<string[]> => {
        const charge = await readCharge(paymentUrl, key)
        return charge === undefined ? [`payment ${id}: captured here, unknown there`] : compare(client, [charge])
      }
      yield* await confirmed(await look(), look)
    }
  }
}

async function compare(client: pg.Client, charges: readonly ProviderCharge[]): Promise<string[]> {
  const keys = charges.map(({ idempotency_key }) => idempotency_key)
  return disagreements(charges, await findPayments(client, keys))
}

/**
 * Differences that a second look finds too. A refund may begin and end between a look at the ledger and one at our books; such a payment is
 * at rest before the second look, and agrees then.
 */
async function confirmed(suspicions: readonly string[], lookAgain: () => Promise<string[]>): Promise<string[]> {
  if (suspicions.length === 0) return []
  const again = new Set(await lookAgain())
  return suspicions.filter((suspicion) => again.has(suspicion))
}
