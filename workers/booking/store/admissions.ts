import type { ExportedAdmission } from '#shared/contracts/privacy.ts'
import type { Database } from '#shared/database/postgres.ts'
import { keyOf, publicId } from '#shared/ids.ts'

/* SQL about the admissions of one user, over all events. */

/** Up to `limit` admissions with tickets that the user holds, by ticket, newest ticket first, after `last`. */
export async function listAdmissionsOf(
  db: Database,
  { userId, last, limit }: { userId: string; last: ExportedAdmission | undefined; limit: number },
): Promise<ExportedAdmission[]> {
  const rows = await db.query<{ eventId: string; ownId: string; at: Date; gate: string }>(
    `SELECT own.event_id AS "eventId", own.id AS "ownId", scanned_at AS at, gate FROM (
       SELECT ticket.event_id, ticket.id FROM booking.bookings AS booking
       JOIN booking.tickets AS ticket ON ticket.event_id = booking.event_id AND ticket.booking_id = booking.id
       WHERE booking.user_id = $1 AND ticket.holder_id IS NULL
       UNION ALL SELECT event_id, id FROM booking.tickets WHERE holder_id = $1) AS own
     JOIN booking.check_ins AS scan ON scan.event_id = own.event_id AND scan.ticket_id = own.id AND outcome = 'admitted'
     WHERE $2::uuid IS NULL OR own.id < $2 ORDER BY own.id DESC LIMIT $3`,
    [userId, last === undefined ? null : keyOf(last.ticket_id).ownId, limit],
  )
  return rows.map(({ at, gate, ...key }) => ({ ticket_id: publicId(key), at: at.toISOString(), gate }))
}
