import type { Database } from '#shared/database/postgres.ts'

/** Payments and refunds that are not at their end, and facts that are not told. */
export async function countUnderWay(db: Database): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `SELECT (SELECT count(*) FROM purchase.payments WHERE next_check_at IS NOT NULL)::int
          + (SELECT count(*) FROM purchase.refunds WHERE next_check_at IS NOT NULL)::int
          + (SELECT count(*) FROM event.outbox WHERE published_at IS NULL)::int
          + (SELECT count(*) FROM booking.outbox WHERE published_at IS NULL)::int
          + (SELECT count(*) FROM purchase.outbox WHERE published_at IS NULL)::int AS count`,
  )
  return row?.count ?? 0
}
