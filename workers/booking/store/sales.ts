import type { Database } from '#shared/database/postgres.ts'
import { TicketingError } from '#shared/errors.ts'
import type { SaleWindow } from '../sale.ts'
import type { Wanted } from '../waiting-list/wishes.ts'

/* SQL about sales: the rules by which an event's seats are sold. */

export interface Sale extends SaleWindow {
  readonly layoutVersion: number
  readonly currency: string
  readonly maxTicketsPerUser: number
  /** Until when buyers can return tickets; null: never. */
  readonly cancelUntil: Date | null
  /** Whether any tier has price steps. */
  readonly priceSteps: boolean
  /** Whether only holders of a pass can take places. */
  readonly needsPass: boolean
  /** Kinds of places that buyers on the waiting list wait for, and that others cannot take. */
  readonly waitedFor: readonly Wanted[]
  /** The database's clock at this read. */
  readonly now: Date
  /** The end and the latest end of a hold that begins now; `holdMs`, `holdCapMs`: the same as durations. */
  readonly holdUntil: Date
  readonly holdHardCap: Date
  readonly holdMs: number
  readonly holdCapMs: number
}

/**
 * The sale of an event; `undefined` if it never had stock. Not locked: a rush must not queue for one row, and a hold that begins after a
 * change was answered sees that change.
 */
export async function findSale(db: Database, eventId: string): Promise<Sale | undefined> {
  return (await findSales(db, [eventId])).get(eventId)
}

/** As `findSale` for many events, by event. */
export async function findSales(db: Database, eventIds: readonly string[]): Promise<ReadonlyMap<string, Sale>> {
  const sales = await db.query<Sale & { eventId: string }>(
    `SELECT event_id AS "eventId", version AS "layoutVersion", status, on_sale_at AS "onSaleAt", off_sale_at AS "offSaleAt",
       currency, max_tickets_per_user AS "maxTicketsPerUser", cancel_until AS "cancelUntil", price_steps AS "priceSteps",
       needs_pass AS "needsPass", waited_for AS "waitedFor",
       now() AS now, now() + hold_ttl AS "holdUntil", now() + hold_hard_cap AS "holdHardCap",
       (extract(epoch FROM hold_ttl) * 1000)::int AS "holdMs", (extract(epoch FROM hold_hard_cap) * 1000)::int AS "holdCapMs"
     FROM booking.sales WHERE event_id = ANY($1)`,
    [eventIds],
  )
  return new Map(sales.map((sale) => [sale.eventId, sale]))
}

const lockOfSale = `hashtextextended('sale ' || $1, 0)`

/**
 * Keeps the event from being cancelled until the transaction ends. Many transactions can do this at once, and none writes to the sale's
 * row. So a booking is either confirmed before the event is cancelled, and refunded with all others, or not confirmed at all.
 */
export async function preventCancelling(db: Database, eventId: string): Promise<void> {
  await db.query(`SELECT pg_advisory_xact_lock_shared(${lockOfSale})`, [eventId])
}

/** Waits for all transactions that keep the event from being cancelled; later ones wait for this transaction. */
async function waitToCancel(db: Database, eventId: string): Promise<void> {
  await db.query(`SELECT pg_advisory_xact_lock(${lockOfSale})`, [eventId])
}

export interface SaleChange {
  readonly eventId: string
  readonly status: SaleWindow['status']
  /** RFC 3339. */
  readonly onSaleAt: string | null
  readonly offSaleAt: string | null
  readonly cancelUntil: string | null
  readonly needsPass: boolean
}

/**
 * Changes the sale inside a transaction. Returns whether anything changed; `undefined` if the event has no sale. Cancelled is final,
 * because the event's refunds begin with it and would also refund purchases made after a reopening. Throws `event_cancelled`.
 */
export async function changeSale(db: Database, change: SaleChange): Promise<boolean | undefined> {
  const { eventId, status, onSaleAt, offSaleAt, cancelUntil, needsPass } = change
  if (status === 'cancelled') await waitToCancel(db, eventId)
  const changed = await db.query(
    `UPDATE booking.sales SET status = $2, on_sale_at = $3, off_sale_at = $4, cancel_until = $5, needs_pass = $6, changed_at = now()
     WHERE event_id = $1 AND (status <> 'cancelled' OR $2 = 'cancelled')
       AND (status, on_sale_at, off_sale_at, cancel_until, needs_pass)
         IS DISTINCT FROM ($2, $3::timestamptz, $4::timestamptz, $5::timestamptz, $6::boolean)
     RETURNING event_id`,
    [eventId, status, onSaleAt, offSaleAt, cancelUntil, needsPass],
  )
  if (changed.length > 0) return true
  const sale = await findSale(db, eventId)
  if (sale === undefined) return undefined
  if (sale.status !== 'cancelled' || status === 'cancelled') return false
  throw new TicketingError('event_cancelled', 'The event is cancelled.')
}
