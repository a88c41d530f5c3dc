import type { Database } from '#shared/database/postgres.ts'
import type { ChangedSeat } from '../facts.ts'
import { isLive } from './conditions.ts'

/**
 * Settings of a transaction that searches for such seats. The index `seats_running_out` shows at once that there is none, which is almost
 * always true; old statistics may promise so many that the planner would read the whole table.
 */
export const lookInIndex = { enable_seqscan: 'off' }

/**
 * Frees at most `limit` seats that are still held more than a second after the end of their hold, and returns them: another transaction had
 * locked them when the hold ended, and then did not take them. Skips locked seats.
 */
export function freeSeatsLeftHeld(db: Database, limit: number): Promise<(ChangedSeat & { eventId: string })[]> {
  return db.query(
    `WITH left_held AS (
       SELECT event_id, seat_no FROM booking.event_seats AS seat
       WHERE state = 'held' AND held_until < now() - interval '1 second' AND NOT EXISTS (
         SELECT FROM booking.holds AS hold
         WHERE hold.event_id = seat.event_id AND hold.id = seat.hold_id AND ${isLive})
       LIMIT $1 FOR UPDATE SKIP LOCKED)
     UPDATE booking.event_seats AS seat
     SET state = 'available', hold_id = NULL, held_until = NULL, version = version + 1
     FROM left_held WHERE seat.event_id = left_held.event_id AND seat.seat_no = left_held.seat_no
     RETURNING seat.event_id AS "eventId", seat.seat_no AS "seatNo", seat.version`,
    [limit],
  )
}
