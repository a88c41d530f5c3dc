import type { Database } from '#shared/database/postgres.ts'
import { type Key, newId } from '#shared/ids.ts'
import type { TicketState } from '../cancellation-policy.ts'
import type { ChangedSeat } from '../facts.ts'

/*
 * SQL that sells places to a booking and cancels them. The booking is locked; only a transaction that has locked the booking changes its
 * sold seats.
 */

/** Marks locked seats as sold to a booking. */
export function sellSeats(
  db: Database,
  { booking, seatNos }: { booking: Key; seatNos: readonly number[] },
): Promise<ChangedSeat[]> {
  return db.query<ChangedSeat>(
    `UPDATE booking.event_seats
     SET state = 'sold', booking_id = $2, hold_id = NULL, held_until = NULL, version = version + 1
     WHERE event_id = $1 AND seat_no = ANY($3) RETURNING seat_no AS "seatNo", version`,
    [booking.eventId, booking.ownId, seatNos],
  )
}

/**
 * Creates an item and a ticket of a booking for each of the `places` of its hold. Throws on `seat_sold_once` if a seat already has a live
 * item.
 */
export async function issueTickets(
  db: Database,
  { booking, hold, places }: { booking: Key; hold: Key; places: number },
): Promise<void> {
  const ids = (): string[] => Array.from({ length: places }, newId)
  await db.query(
    `WITH place AS (
       SELECT seat_no, area_no, shard, price_minor, row_number() OVER (ORDER BY seat_no, area_no, shard)::int AS n
       FROM booking.hold_items, generate_series(1, qty) WHERE event_id = $1 AND hold_id = $3),
     item AS (
       INSERT INTO booking.booking_items (event_id, id, booking_id, seat_no, area_no, shard, price_minor)
       SELECT $1, ($4::uuid[])[n], $2, seat_no, area_no, shard, price_minor FROM place)
     INSERT INTO booking.tickets (event_id, booking_id, item_id, id)
     SELECT $1, $2, ($4::uuid[])[n], ($5::uuid[])[n] FROM place`,
    [booking.eventId, booking.ownId, hold.ownId, ids(), ids()],
  )
}

/** All tickets of a booking, locked until the transaction ends. */
export function lockTickets(db: Database, booking: Key): Promise<TicketState[]> {
  return db.query<TicketState>(
    `SELECT id AS "ownId", status, holder_id IS NOT NULL AS "isPassedOn" FROM booking.tickets
     WHERE event_id = $1 AND booking_id = $2 ORDER BY id FOR UPDATE`,
    [booking.eventId, booking.ownId],
  )
}

/** A place whose ticket became void: a seat or one GA place. */
export interface VoidedItem {
  readonly seatNo: number | null
  readonly areaNo: number | null
  readonly shard: number | null
  readonly priceMinor: number
}

/** Makes locked tickets void and their items no longer live. */
export function voidTickets(
  db: Database,
  { eventId, ticketIds }: { eventId: string; ticketIds: readonly string[] },
): Promise<VoidedItem[]> {
  return db.query<VoidedItem>(
    `WITH void AS (
       UPDATE booking.tickets SET status = 'void' WHERE event_id = $1 AND id = ANY($2) RETURNING item_id)
     UPDATE booking.booking_items AS item SET live = false FROM void
     WHERE item.event_id = $1 AND item.id = void.item_id
     RETURNING seat_no AS "seatNo", area_no AS "areaNo", shard, price_minor AS "priceMinor"`,
    [eventId, ticketIds],
  )
}

/** Frees seats of a booking, or blocks them. */
export function freeSeats(
  db: Database,
  freed: { booking: Key; seatNos: readonly number[]; state: 'available' | 'blocked' },
): Promise<ChangedSeat[]> {
  const { booking, seatNos, state } = freed
  return db.query<ChangedSeat>(
    `UPDATE booking.event_seats SET state = $4, booking_id = NULL, version = version + 1
     WHERE event_id = $1 AND seat_no = ANY($3) AND booking_id = $2 RETURNING seat_no AS "seatNo", version`,
    [booking.eventId, booking.ownId, seatNos, state],
  )
}
