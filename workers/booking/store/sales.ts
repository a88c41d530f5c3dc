import type { Database } from '#shared/postgres.ts'
import type { SaleWindow } from '../sale.ts'

/* SQL about sales: the rules by which an event's seats are sold. */

export interface Sale extends SaleWindow {
  readonly layoutVersion: number
  readonly currency: string
  readonly maxTicketsPerUser: number
  /** The database's clock when this was read. */
  readonly now: Date
}

/**
 * The sale of an event, `undefined` when nothing of it was ever stocked. Not locked: a rush must not queue for one row,
 * and a hold that begins after a change was answered sees it all the same.
 */
export async function findSale(db: Database, eventId: string): Promise<Sale | undefined> {
  const [sale] = await db.query<Sale>(
    `SELECT version AS "layoutVersion", status, on_sale_at AS "onSaleAt", off_sale_at AS "offSaleAt", currency,
       max_tickets_per_user AS "maxTicketsPerUser", now() AS now
     FROM booking.sales WHERE event_id = $1`,
    [eventId],
  )
  return sale
}

export interface SaleChange {
  readonly eventId: string
  readonly status: SaleWindow['status']
  /** RFC 3339. */
  readonly onSaleAt: string | null
  readonly offSaleAt: string | null
}

/** Answers whether anything changed; `undefined` when the event has no sale. */
export async function changeSale(db: Database, change: SaleChange): Promise<boolean | undefined> {
  const values = [change.eventId, change.status, change.onSaleAt, change.offSaleAt]
  const changed = await db.query(
    `UPDATE booking.sales SET status = $2, on_sale_at = $3, off_sale_at = $4
     WHERE event_id = $1 AND (status, on_sale_at, off_sale_at) IS DISTINCT FROM ($2, $3::timestamptz, $4::timestamptz)
     RETURNING event_id`,
    values,
  )
  if (changed.length > 0) return true
  return (await findSale(db, change.eventId)) === undefined ? undefined : false
}
