import type { Database } from '#shared/database/postgres.ts'

/*
 * SQL about the drivers of payments, refunds and erasures: until `next_check_at` a row belongs to its driver, after that to any driver that claims
 * it.
 */

/**
 * A payment or refund without a step for longer than a busy or briefly unavailable partner explains. Every try moves `next_check_at`; only
 * a step moves `updated_at`.
 */
export const isStuck = `(next_check_at IS NOT NULL AND updated_at < now() - interval '1 minute')`

/**
 * The lease of a claimed row. Stuck refunds come up once a minute: a cancelled event may have thousands, and the others need time too.
 * Stuck payments keep seats from being sold, so they come up more often.
 */
const leases = {
  payments: `$2 * interval '1 ms'`,
  erasures: `$2 * interval '1 ms'`,
  refunds: `CASE WHEN ${isStuck} THEN interval '1 minute' ELSE $2 * interval '1 ms' END`,
}

/** Claims at most `limit` rows whose lease has ended, for `leaseMs`, and returns their ids. No two callers get the same row. */
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
