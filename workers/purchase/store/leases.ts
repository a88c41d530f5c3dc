import type { Database } from '#shared/database/postgres.ts'

/* All SQL about who drives a payment or refund: until `next_check_at` it is its driver's own, after that anybody's. */

/**
 * Of a payment or refund that has made no step for longer than partners who are busy, or gone for a moment, explain. Every try
 * puts `next_check_at` off; only a step moves `updated_at`.
 */
export const isStuck = `(next_check_at IS NOT NULL AND updated_at < now() - interval '1 minute')`

/**
 * How long a claimed row is its driver's own. Refunds that are stuck come up once a minute: a cancelled event may have thousands
 * of them, and there must be time for the others. Payments that are stuck keep seats from being sold.
 */
const leases = {
  payments: `$2 * interval '1 ms'`,
  refunds: `CASE WHEN ${isStuck} THEN interval '1 minute' ELSE $2 * interval '1 ms' END`,
}

/** Takes over at most `limit` rows whose drivers went silent, for `leaseMs`, and answers their ids; no two callers get the same one. */
export async function claimDue(
  db: Database,
  table: keyof typeof leases,
  { limit, leaseMs }: { readonly limit: number; readonly leaseMs: number },
): Promise<string[]> {
  const claimed = await db.query<{ id: string }>(
    `UPDATE purchase.${table} SET next_check_at = now() + ${leases[table]}
     WHERE id IN (SELECT id FROM purchase.${table} WHERE next_check_at <= now()
                  ORDER BY next_check_at LIMIT $1 FOR UPDATE SKIP LOCKED)
     RETURNING id`,
    [limit, leaseMs],
  )
  return claimed.map(({ id }) => id)
}
