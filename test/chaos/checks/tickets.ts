import { acknowledgedPurchases, type Check } from './evidence.ts'

/* Buyers have the bookings that they were answered, and no seat was promised twice. What the tables say, the auditor judges. */

/**
 * Every purchase that was answered with 201 is there, that buyer's and at its price, with all tickets but cancelled
 * ones.
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

/** No two buyers were told that the same seat is theirs, unless the first one cancelled. */
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
