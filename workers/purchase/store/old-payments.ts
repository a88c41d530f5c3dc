import type { Database } from '#shared/database/postgres.ts'
import { daysInterval } from '#shared/retention/retention.ts'

/* SQL that deletes old payments that took money. */

const isSettled = `next_check_at IS NULL AND status IN ('captured', 'refunded')`

export const oldestPayment = `SELECT updated_at AS at FROM purchase.payments WHERE ${isSettled} ORDER BY updated_at LIMIT 1`

/** Locks at most `limit` payments that took money and did not change for `days`, with nothing in progress. */
export async function lockOldPayments(
  db: Database,
  { days, limit }: { days: number; limit: number },
): Promise<string[]> {
  const old = await db.query<{ id: string }>(
    `SELECT id FROM purchase.payments AS payment WHERE ${isSettled} AND updated_at < now() - ${daysInterval('$1')}
       AND NOT EXISTS (SELECT FROM purchase.refunds AS refund
         WHERE refund.payment_id = payment.id AND refund.next_check_at IS NOT NULL)
     ORDER BY updated_at LIMIT $2 FOR UPDATE SKIP LOCKED`,
    [days, limit],
  )
  return old.map(({ id }) => id)
}

/** Deletes locked payments with their refunds. Returns the number of deleted rows by table. */
export async function deletePayments(db: Database, ids: readonly string[]): Promise<Record<string, number>> {
  if (ids.length === 0) return {}
  const refunds = await db.query('DELETE FROM purchase.refunds WHERE payment_id = ANY($1::uuid[]) RETURNING id', [ids])
  const payments = await db.query('DELETE FROM purchase.payments WHERE id = ANY($1::uuid[]) RETURNING id', [ids])
  return { 'purchase.refunds': refunds.length, 'purchase.payments': payments.length }
}
