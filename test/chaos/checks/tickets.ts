import { acknowledgedPurchases, type Check, type Evidence, ledgerJson, ledgerTable } from './evidence.ts'

/* Who was told of a booking has it, and nobody else has the same seats. */

/**
 * Every purchase that was answered with 201 is there, that buyer's and at its price, with all tickets but those that were
 * given back.
 */
export const acknowledgedPurchaseIsThere: Check = async ({ history, db }) => {
  const told = acknowledgedPurchases(history)
  const lost = await db.query<{ event_id: string; id: string; user_id: string; status: string | null }>(
    `SELECT told.event_id, told.id, told.user_id, booking.status
     FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::int[], $6::int[])
       AS told (event_id, id, user_id, total_minor, tickets, voided)
     LEFT JOIN booking.bookings AS booking ON booking.event_id = told.event_id AND booking.id = told.id
     WHERE booking.status IS DISTINCT FROM CASE told.voided WHEN told.tickets THEN 'cancelled' ELSE 'confirmed' END
       OR booking.user_id <> told.user_id OR booking.total_minor <> told.total_minor OR told.tickets = 0
       OR told.tickets - told.voided <> (
         SELECT count(*) FROM booking.tickets AS ticket
         WHERE ticket.event_id = told.event_id AND ticket.booking_id = told.id AND ticket.status = 'valid')`,
    [
      told.map(({ eventId }) => eventId),
      told.map(({ bookingId }) => bookingId),
      told.map(({ userId }) => userId),
      told.map(({ totalMinor }) => totalMinor),
      told.map(({ tickets }) => tickets),
      told.map(({ voided }) => voided),
    ],
  )
  return lost.map(({ event_id, id, user_id, status }) => `booking ${id} of ${user_id}, event ${event_id}: ${status}`)
}

/** No two buyers were told that the same seat is theirs, unless the first one gave it back. */
export const seatPromisedOnce: Check = ({ history }) => {
  const promised = new Map<string, string>()
  const twice: string[] = []
  const kept = acknowledgedPurchases(history).filter(({ voided }) => voided === 0)
  for (const { eventId, bookingId, seatNos } of kept) {
    for (const seatNo of seatNos) {
      const seat = `seat ${seatNo} of event ${eventId}`
      const other = promised.get(seat)
      if (other !== undefined && other !== bookingId) twice.push(`${seat}: bookings ${other} and ${bookingId}`)
      promised.set(seat, bookingId)
    }
  }
  return twice
}

/** No seat is in two live items, whatever an index says. */
export const seatSoldOnce: Check = async ({ db }) => {
  const twice = await db.query<{ event_id: string; seat_no: number; items: number }>(
    `SELECT event_id, seat_no, count(*)::int AS items FROM booking.booking_items
     WHERE live AND seat_no IS NOT NULL GROUP BY event_id, seat_no HAVING count(*) > 1`,
  )
  return twice.map(({ event_id, seat_no, items }) => `seat ${seat_no} of event ${event_id} is in ${items} live items`)
}

/** A seat is sold exactly when a live item of a confirmed booking says so, and it is that booking's. */
export const soldSeatsAreLiveItems: Check = async ({ db }) => {
  const wrong = await db.query<{ event_id: string; seat_no: number }>(
    `SELECT event_id, seat_no
     FROM (SELECT event_id, seat_no, booking_id FROM booking.event_seats WHERE state = 'sold') AS seat
     FULL JOIN (SELECT item.event_id, item.seat_no, item.booking_id FROM booking.booking_items AS item
                JOIN booking.bookings AS booking ON booking.event_id = item.event_id AND booking.id = item.booking_id
                WHERE item.live AND item.seat_no IS NOT NULL AND booking.status = 'confirmed') AS item
       USING (event_id, seat_no, booking_id)
     WHERE seat.event_id IS NULL OR item.event_id IS NULL`,
  )
  return wrong.map(({ event_id, seat_no }) => `seat ${seat_no} of event ${event_id}: sold and live items differ`)
}

/** An area has sold exactly the standing places that live items name. */
export const soldPlacesAreLiveItems: Check = async ({ db }) => {
  const wrong = await db.query<{ event_id: string; area_no: number; sold: number; items: number }>(
    `SELECT event_id, area_no, sum(sold)::int AS sold, (
       SELECT count(*) FROM booking.booking_items AS item
       WHERE item.event_id = area.event_id AND item.area_no = area.area_no AND item.live)::int AS items
     FROM booking.area_shards AS area GROUP BY event_id, area_no`,
  )
  return wrong
    .filter(({ sold, items }) => sold !== items)
    .map(
      ({ event_id, area_no, sold, items }) => `area ${area_no} of event ${event_id}: ${sold} sold, ${items} live items`,
    )
}

/** Nobody paid twice for one booking. */
export const bookingPaidOnce: Check = async (evidence: Evidence) => {
  const twice = await evidence.db.query<{ booking_id: string; charges: number }>(
    `SELECT payment.booking_id, count(*)::int AS charges FROM ${ledgerTable}
     JOIN purchase.payments AS payment ON payment.provider_key = charge.idempotency_key AND payment.booking_id IS NOT NULL
     WHERE charge.state IN ('authorised', 'captured') AND charge.amount_minor > charge.refunded_minor
       AND payment.status <> 'failed'
     GROUP BY payment.booking_id HAVING count(*) > 1`,
    [ledgerJson(evidence)],
  )
  return twice.map(({ booking_id, charges }) => `booking ${booking_id} has ${charges} charges`)
}
