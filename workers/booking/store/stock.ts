import type { Database } from '#shared/postgres.ts'

/* SQL that brings seats into stock. */

export interface NewSale {
  readonly eventId: string
  readonly layoutVersion: number
  readonly currency: string
  readonly maxTicketsPerUser: number
  readonly holdTtlMs: number
}

/** A hold may be prolonged up to here, or not at all where holds last longer than that. */
const hardCap = `interval '30 minutes'`

/**
 * Makes the event's sale unless there is one, locks it against other batches of the same event, and answers the layout
 * version in stock.
 */
export async function openStock(db: Database, sale: NewSale): Promise<number> {
  const { eventId, layoutVersion, currency, maxTicketsPerUser, holdTtlMs } = sale
  await db.query(
    `INSERT INTO booking.sales (event_id, version, currency, max_tickets_per_user, hold_ttl, hold_hard_cap)
     SELECT $1, $2, $3, $4, ttl, greatest(ttl, ${hardCap}) FROM (SELECT $5 * interval '1 ms' AS ttl) AS given
     ON CONFLICT DO NOTHING`,
    [eventId, layoutVersion, currency, maxTicketsPerUser, holdTtlMs],
  )
  const [stocked] = await db.query<{ version: number }>(
    'SELECT version FROM booking.sales WHERE event_id = $1 FOR UPDATE',
    [eventId],
  )
  if (stocked === undefined) throw new Error(`the sale of event ${eventId} vanished`)
  return stocked.version
}

export interface NewRow {
  readonly row_no: number
  readonly section: string
  readonly label: string
  readonly first_seat_no: number
  readonly seats: readonly string[]
  readonly prices_minor: readonly number[]
}

/** Adds rows and seats that are not in stock yet and answers how many seats that were. */
export async function addRows(db: Database, eventId: string, rows: readonly NewRow[]): Promise<number> {
  await db.query(
    `INSERT INTO booking.event_rows (event_id, row_no, section, label, first_seat_no, seat_count)
     SELECT $1, * FROM unnest($2::int[], $3::text[], $4::text[], $5::int[], $6::int[])
     ON CONFLICT DO NOTHING`,
    [
      eventId,
      rows.map((row) => row.row_no),
      rows.map((row) => row.section),
      rows.map((row) => row.label),
      rows.map((row) => row.first_seat_no),
      rows.map((row) => row.seats.length),
    ],
  )
  const [added] = await db.query<{ seats: number }>(
    `WITH added AS (
       INSERT INTO booking.event_seats (event_id, row_no, seat_no, label, price_minor)
       SELECT $1, * FROM unnest($2::int[], $3::int[], $4::text[], $5::bigint[])
       ON CONFLICT DO NOTHING RETURNING seat_no)
     SELECT count(*)::int AS seats FROM added`,
    [
      eventId,
      rows.flatMap((row) => row.seats.map(() => row.row_no)),
      rows.flatMap((row) => row.seats.map((_, index) => row.first_seat_no + index)),
      rows.flatMap((row) => row.seats),
      rows.flatMap((row) => row.prices_minor),
    ],
  )
  return added?.seats ?? 0
}
