import type { Database } from '#shared/database/postgres.ts'
import type { ChangedSeat } from '../facts.ts'

/**
 * Settings of a transaction that looks for such seats. The index `seats_running_out` shows at once that there is none, as nearly always;
 * statistics from before may promise so many that reading the whole table seems shorter.
 */
export const lookInIndex = { enable_seqscan: 'off' }

/**
 * Frees at most `limit` seats that are still held more than a second after their time although their hold has ended, and answers them:
 * somebody else had locked them when it ended, and then did not take them. Passes over what is locked now.
 */
export function freeSeatsLeftHeld(db: Database, limit: number): Promise<(ChangedSeat & { eventId: string })[]> {
  return db.query(
    `WITH left_held AS (
       SELECT event_id, seat_no FROM booking.event_seats AS seat
       WHERE state = 'held' AND held_until < now() - interval '1 second' AND NOT EXISTS (
         SELECT FROM booking.holds AS hold
         WHERE hold.event_id = seat.event_id AND hold.id = seat.hold_id AND hold.status IN ('active', 'paying'))
       LIMIT $1 FOR UPDATE SKIP LOCKED)
     UPDATE booking.event_seats AS seat
     SET state = 'available', hold_id = NULL, held_until = NULL, version = version + 1
     FROM left_held WHERE seat.event_id = left_held.event_id AND seat.seat_no = left_held.seat_no
     RETURNING seat.event_id AS "eventId", seat.seat_no AS "seatNo", seat.version`,
    [limit],
  )
}
