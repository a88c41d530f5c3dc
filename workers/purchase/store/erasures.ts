import type { ErasureBlock, ExportedPayment } from '#shared/contracts/privacy.ts'
import type { Database } from '#shared/database/postgres.ts'
import { publicId } from '#shared/ids.ts'
import { claimDue } from './leases.ts'

/* SQL about all that belongs to one user: to export it, and to replace the user's id. */

interface PaymentRow extends Omit<ExportedPayment, 'hold_id' | 'booking_id' | 'created_at' | 'refunds'> {
  readonly hold_id: string
  readonly booking_id: string | null
  readonly created_at: Date
  readonly refunds: readonly (Omit<ExportedPayment['refunds'][number], 'ticket_ids'> & {
    readonly ticket_ids: readonly string[] | null
  })[]
}

/** Up to `limit` payments of a user, newest first, after the one with id `beforeId`. */
export async function listPaymentsOf(
  db: Database,
  { userId, beforeId, limit }: { userId: string; beforeId: string | null; limit: number },
): Promise<ExportedPayment[]> {
  const rows = await db.query<PaymentRow>(
    `SELECT id, event_id, hold_id, booking_id, idempotency_key, status, amount_minor, captured_minor, refunded_minor, currency,
       decline_code, created_at,
       (SELECT coalesce(json_agg(json_build_object('id', refund.id, 'ticket_ids', ticket_ids, 'reason', reason,
          'status', refund.status, 'amount_minor', refund.amount_minor, 'created_at', refund.created_at) ORDER BY refund.id), '[]')
        FROM purchase.refunds AS refund WHERE refund.payment_id = payment.id) AS refunds
     FROM purchase.payments AS payment WHERE user_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`,
    [userId, beforeId, limit],
  )
  return rows.map(({ event_id: eventId, ...row }) => {
    const idOf = (ownId: string): string => publicId({ eventId, ownId })
    return {
      event_id: eventId,
      ...row,
      hold_id: idOf(row.hold_id),
      booking_id: row.booking_id && idOf(row.booking_id),
      created_at: row.created_at.toISOString(),
      refunds: row.refunds.map((refund) => ({
        ...refund,
        ticket_ids: refund.ticket_ids?.map(idOf) ?? null,
        created_at: new Date(refund.created_at).toISOString(),
      })),
    }
  })
}

/** A user who is being erased. */
export interface Erasure {
  /** The id that replaces the user's. */
  readonly id: string
  readonly userId: string
  /** As Postgres writes it: to the microsecond. Payments that began later are not part of it. */
  readonly begunAt: string
}

const erasureColumns = 'id, user_id AS "userId", begun_at::text AS "begunAt"'

/** Records an erasure that begins now; returns the one that has already begun, if any. */
export async function insertErasure(
  db: Database,
  { id, userId, leaseMs }: { readonly id: string; readonly userId: string; readonly leaseMs: number },
): Promise<Erasure> {
  const [erasure] = await db.query<Erasure>(
    `INSERT INTO purchase.erasures AS known (id, user_id, next_check_at) VALUES ($1, $2, now() + $3 * interval '1 ms')
     ON CONFLICT (user_id) DO UPDATE SET next_check_at = excluded.next_check_at RETURNING ${erasureColumns}`,
    [id, userId, leaseMs],
  )
  if (erasure === undefined) throw new Error(`the erasure ${id} was not stored`)
  return erasure
}

/**
 * The payments, aliased `payment`, that an erasure is about: those of its user ($1) before it began ($2). Not by its row, which another driver
 * may have deleted.
 */
const ofErasure = 'payment.user_id = $1 AND payment.created_at <= $2'

/** Whether a payment or a refund of these is still in progress. */
export async function findOpenMoney(
  db: Database,
  { userId, begunAt }: Erasure,
): Promise<ErasureBlock['reason'] | undefined> {
  const [open] = await db.query<{ reason: ErasureBlock['reason'] }>(
    `SELECT CASE WHEN payment.next_check_at IS NOT NULL THEN 'payment' ELSE 'refund' END AS reason
     FROM purchase.payments AS payment WHERE ${ofErasure} AND (payment.next_check_at IS NOT NULL OR EXISTS (
       SELECT FROM purchase.refunds AS refund WHERE refund.payment_id = payment.id AND refund.next_check_at IS NOT NULL))
     ORDER BY reason LIMIT 1`,
    [userId, begunAt],
  )
  return open?.reason
}

/** Deletes stored replies: those of the user, by their `scopes`, and those of organisers about refunds of the user. */
export async function forgetRepliesOf(
  db: Database,
  { userId, begunAt }: Erasure,
  scopes: readonly string[],
): Promise<void> {
  await db.query(
    `DELETE FROM purchase.commands AS known
     WHERE scope = ANY($1) AND created_at <= $2 AND (status = 'done' OR running_until <= now())`,
    [scopes, begunAt],
  )
  await db.query(
    `DELETE FROM purchase.commands AS known
     USING purchase.payments AS payment JOIN purchase.refunds AS refund ON refund.payment_id = payment.id
     WHERE ${ofErasure} AND known.scope = refund.requested_by AND known.provider_key = refund.provider_key`,
    [userId, begunAt],
  )
}

/** Replaces the user in payments and refunds, and the keys that the user chose. */
export async function replacePayer(db: Database, { id, userId, begunAt }: Erasure): Promise<void> {
  await db.query(
    `UPDATE purchase.refunds AS refund SET requested_by = replace(requested_by, ' user:' || $1, ' user:' || $3)
     FROM purchase.payments AS payment WHERE ${ofErasure} AND refund.payment_id = payment.id`,
    [userId, begunAt, id],
  )
  await db.query(`UPDATE purchase.payments AS payment SET user_id = $3, idempotency_key = $3 WHERE ${ofErasure}`, [
    userId,
    begunAt,
    id,
  ])
}

/** Forgets an erasure: nothing is left to do. */
export async function endErasure(db: Database, { id }: Pick<Erasure, 'id'>): Promise<void> {
  await db.query('DELETE FROM purchase.erasures WHERE id = $1', [id])
}

/** Claims erasures whose lease has ended; see `claimDue`. */
export async function claimDueErasures(
  db: Database,
  due: { readonly limit: number; readonly leaseMs: number },
): Promise<Erasure[]> {
  const ids = await claimDue(db, 'erasures', due)
  return db.query<Erasure>(`SELECT ${erasureColumns} FROM purchase.erasures WHERE id = ANY($1)`, [ids])
}
