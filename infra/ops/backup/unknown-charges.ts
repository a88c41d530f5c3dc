import type pg from 'pg'
import { findPayments } from '../audit/books.ts'
import { keepsMoney } from '../audit/disagreements.ts'
import { ledgerPages, type ProviderCharge } from '../audit/ledger.ts'

/**
 * Charges that keep a buyer's money while no payment of ours knows of them, oldest first. After a restore these are what was paid
 * since the backup; beside a running sale there are none, because we write down what we are about to ask for.
 */
export async function* unknownCharges(client: pg.Client, paymentUrl: string): AsyncGenerator<ProviderCharge> {
  for await (const { charges } of ledgerPages({ paymentUrl, since: null })) {
    const keys = charges.map(({ idempotency_key }) => idempotency_key)
    const known = new Set((await findPayments(client, keys)).map(({ provider_key }) => provider_key))
    yield* charges.filter((charge) => keepsMoney(charge) && !known.has(charge.idempotency_key))
  }
}
