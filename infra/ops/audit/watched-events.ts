import type pg from 'pg'

/*
 * Which events an audit reads. The keys of every table begin with the event, so the cost of an audit depends on the events that it watches,
 * not on the number of all events. Each line below uses an index on what is open, or on the time of the change.
 */

/** Ids of events with something open, or changed since the time $1. */
export const openOrChanged = `
  SELECT event_id FROM booking.holds WHERE status IN ('active', 'paying')
  UNION SELECT event_id FROM booking.bookings WHERE status = 'pending'
  UNION SELECT event_id FROM purchase.payments WHERE next_check_at IS NOT NULL
  UNION SELECT event_id FROM purchase.refunds WHERE next_check_at IS NOT NULL
  UNION SELECT event_id FROM purchase.event_refunds WHERE finished_at IS NULL
  UNION SELECT event_id FROM booking.sale_log WHERE at >= $1
  UNION SELECT event_id FROM booking.sales WHERE changed_at >= $1
  UNION SELECT event_id FROM booking.check_ins WHERE received_at >= $1
  UNION SELECT event_id FROM booking.holds WHERE status IN ('released', 'expired') AND ended_at >= $1
  UNION SELECT event_id FROM purchase.payments WHERE next_check_at IS NULL AND updated_at >= $1
  UNION SELECT event_id FROM purchase.refunds WHERE next_check_at IS NULL AND updated_at >= $1
  UNION SELECT event_id FROM purchase.event_refunds WHERE finished_at >= $1`

/** Ids of all events but those that retention deletes, which takes several transactions: in between, tickets are gone and seats are not. */
const kept = `
  SELECT event_id FROM booking.sales
  WHERE off_sale_at IS NULL OR off_sale_at >= now() - $1::int * interval '1 day' OR status = 'postponed'`

/**
 * Ids of the events with something open, or changed since a time; with `null`, of all events whose sale ended at most `keptDays` ago. Money of
 * events that retention has deleted is not judged: its tickets are gone.
 */
export async function findWatchedEvents(client: pg.Client, since: Date | null, keptDays: number): Promise<string[]> {
  const { rows } =
    since === null
      ? await client.query<{ event_id: string }>(kept, [keptDays])
      : await client.query<{ event_id: string }>(openOrChanged, [since])
  return rows.map(({ event_id }) => event_id)
}
