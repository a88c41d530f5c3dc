import type { Database } from '#shared/database/postgres.ts'

/** Payments and refunds that are not at their end, bookings that end with their hold at the next sweep, and facts not told. */
export async function countUnderWay(db: Database): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `SELECT (SELECT count(*) FROM purchase.payments WHERE next_check_at IS NOT NULL)::int
          + (SELECT count(*) FROM purchase.refunds WHERE next_check_at IS NOT NULL)::int
          + (SELECT count(*) FROM booking.bookings AS booking JOIN booking.holds AS hold
               ON hold.event_id = booking.event_id AND hold.id = booking.hold_id
             WHERE booking.status = 'pending' AND hold.status NOT IN ('active', 'paying'))::int
          + (SELECT count(*) FROM event.outbox WHERE published_at IS NULL)::int
          + (SELECT count(*) FROM booking.outbox WHERE published_at IS NULL)::int
          + (SELECT count(*) FROM purchase.outbox WHERE published_at IS NULL)::int AS count`,
  )
  return row?.count ?? 0
}
