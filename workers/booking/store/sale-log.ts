import type { listSales } from '#shared/contracts/bookings.ts'
import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { Database } from '#shared/database/postgres.ts'
import { type Key, newId, publicId } from '#shared/ids.ts'

/* SQL about the sale log: what was sold and cancelled, at whose request, in order of time. */

type LoggedSale = ReplyOf<typeof listSales>['items'][number]

export interface SaleLogEntry {
  readonly booking: Key
  readonly what: LoggedSale['what']
  readonly origin: LoggedSale['origin']
  readonly places: number
  readonly amountMinor: number
  readonly requestId: string
}

/** Adds an entry to the sale log. */
export async function logSale(db: Database, entry: SaleLogEntry): Promise<void> {
  const { booking, what, origin, places, amountMinor, requestId } = entry
  await db.query(
    `INSERT INTO booking.sale_log (event_id, id, what, origin, booking_id, places, amount_minor, request_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [booking.eventId, newId(), what, origin, booking.ownId, places, amountMinor, requestId],
  )
}

export interface LoggedSaleRow {
  /** Sorted by time. */
  readonly ownId: string
  readonly sale: LoggedSale
}

/** Up to `limit` entries of an event, newest first, after the entry with own id `beforeId`. */
export async function listLoggedSales(
  db: Database,
  { eventId, beforeId, limit }: { eventId: string; beforeId: string | null; limit: number },
): Promise<LoggedSaleRow[]> {
  const rows = await db.query<Omit<LoggedSale, 'at'> & { id: string; at: Date }>(
    `SELECT id, at, what, origin, booking_id, places, amount_minor, request_id FROM booking.sale_log
     WHERE event_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
    [eventId, beforeId, limit],
  )
  return rows.map(({ id, at, booking_id, ...sale }) => ({
    ownId: id,
    sale: { at: at.toISOString(), ...sale, booking_id: publicId({ eventId, ownId: booking_id }) },
  }))
}
