import type { Database } from '#shared/database/postgres.ts'
import { parsePublicId } from '#shared/ids.ts'

/** Moves the hold's end into the past, as if its time were over. */
export async function letRunOut(db: Database, { id }: { readonly id: string }): Promise<void> {
  const values = [parsePublicId(id)?.ownId]
  const past = `now() - interval '1 second'`
  await db.query(`UPDATE booking.holds SET active_until = ${past}, expires_at = ${past} WHERE id = $1`, values)
  await db.query(`UPDATE booking.event_seats SET held_until = ${past} WHERE hold_id = $1`, values)
  await db.query(
    `UPDATE booking.hold_items SET held_until = ${past} WHERE hold_id = $1 AND held_until IS NOT NULL`,
    values,
  )
}
