import type { Database } from '#shared/database/postgres.ts'
import { daysInterval } from '#shared/retention/retention.ts'

/* SQL that deletes charges of long ago. */

export const oldestCharge = 'SELECT changed_at AS at FROM sandbox.charges ORDER BY changed_at LIMIT 1'

/** Locks at most `limit` charges that did not change for `days`. */
export async function lockOldCharges(
  db: Database,
  { days, limit }: { days: number; limit: number },
): Promise<string[]> {
  const old = await db.query<{ id: string }>(
    `SELECT id FROM sandbox.charges WHERE changed_at < now() - ${daysInterval('$1')}
     ORDER BY changed_at LIMIT $2 FOR UPDATE SKIP LOCKED`,
    [days, limit],
  )
  return old.map(({ id }) => id)
}

/** Deletes locked charges with their refunds. Answers the deleted rows by table. */
export async function deleteCharges(db: Database, ids: readonly string[]): Promise<Record<string, number>> {
  if (ids.length === 0) return {}
  const refunds = await db.query('DELETE FROM sandbox.refunds WHERE charge_id = ANY($1::uuid[]) RETURNING id', [ids])
  const charges = await db.query('DELETE FROM sandbox.charges WHERE id = ANY($1::uuid[]) RETURNING id', [ids])
  return { 'sandbox.refunds': refunds.length, 'sandbox.charges': charges.length }
}
