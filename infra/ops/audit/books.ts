import type pg from 'pg'
import { atRest } from './invariants/money.ts'

/* Our side of the comparison with the provider: what our payments say of its charges. */

const pageSize = 1_000

/** A payment, with what it says of its charge. */
export interface BookedPayment {
  readonly id: string
  readonly provider_key: string
  readonly status: string
  readonly captured_minor: number
  readonly refunded_minor: number
  readonly currency: string | null
  /** Nothing is in progress for it, nor was five seconds ago. */
  readonly at_rest: boolean
}

/** All payments with these keys. Several may have failed with one key. */
export async function findPayments(client: pg.Client, providerKeys: readonly string[]): Promise<BookedPayment[]> {
  const { rows } = await client.query<BookedPayment>(
    `SELECT id, provider_key, status, captured_minor, refunded_minor, currency, ${atRest} AS at_rest
     FROM purchase.payments AS payment WHERE provider_key = ANY($1)`,
    [providerKeys],
  )
  // Sums arrive as text.
  return rows.map((row) => ({
    ...row,
    captured_minor: Number(row.captured_minor),
    refunded_minor: Number(row.refunded_minor),
  }))
}

/**
 * Payments that took money and have been at rest since `moment`, a page at a time; with `since` only those that came to rest after it.
 * Payments of 0 have no charge. Payments of deleted events are left out, because their charges may be deleted too.
 */
export async function* pagesOfCaptured(
  client: pg.Client,
  { moment, since }: { moment: Date; since: Date | null },
): AsyncGenerator<Pick<BookedPayment, 'id' | 'provider_key'>[]> {
  let lastId: string | null = null
  do {
    const { rows }: pg.QueryResult<Pick<BookedPayment, 'id' | 'provider_key'>> = await client.query(
      `SELECT id, provider_key FROM purchase.payments AS payment
       WHERE captured_minor > 0 AND ${atRest} AND updated_at < $1 AND updated_at >= coalesce($3::timestamptz, '-infinity')
         AND ($2::uuid IS NULL OR id > $2)
         AND EXISTS (SELECT FROM booking.sales AS sale WHERE sale.event_id = payment.event_id)
       ORDER BY id LIMIT ${pageSize}`,
      [moment, lastId, since],
    )
    yield rows
    lastId = rows.length === pageSize ? (rows.at(-1)?.id ?? null) : null
  } while (lastId !== null)
}
