import type pg from 'pg'
import { atRest } from './invariants/money.ts'

/* Our own side of the comparison with the provider: what we believe of its charges. */

const pageSize = 1_000

/** A payment of ours, with what we believe of its charge. */
export interface BookedPayment {
  readonly id: string
  readonly provider_key: string
  readonly status: string
  readonly captured_minor: number
  readonly refunded_minor: number
  readonly currency: string | null
  /** Nothing of it is under way, nor was a moment ago. */
  readonly at_rest: boolean
}

/** All payments with these keys, several of which may have failed with one key. */
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
 * Payments that took money and were at rest at that moment, and have been ever since, a page at a time; with `since` only those that
 * came to rest after it. One of 0 was never anybody's charge. Those of events that are gone stay out: theirs may be gone as well.
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
