import { type Invariant, isWatched } from './invariant.ts'

const ofConfirmed = `booking.booking_items AS item
  JOIN booking.bookings AS booking ON booking.event_id = item.event_id AND booking.id = item.booking_id`

/** No double sale, and what is shown as sold, held or valid is backed by exactly what should back it. */
export const seatInvariants: readonly Invariant[] = [
  {
    id: 'I1',
    says: 'a seat of an event is in at most one live booking item',
    violations: `
      SELECT format('event %s seat %s: %s live items', event_id, seat_no, count(*)) AS example
      FROM booking.booking_items WHERE live AND seat_no IS NOT NULL AND ${isWatched('event_id')}
      GROUP BY event_id, seat_no HAVING count(*) > 1`,
  },
  {
    id: 'I2',
    says: 'a sold seat has a live item of the booking it names',
    violations: `
      SELECT format('event %s seat %s is sold to booking %s', seat.event_id, seat.seat_no, seat.booking_id) AS example
      FROM booking.event_seats AS seat WHERE seat.state = 'sold' AND ${isWatched('seat.event_id')} AND NOT EXISTS (
        SELECT FROM booking.booking_items AS item WHERE item.live AND item.event_id = seat.event_id
          AND item.seat_no = seat.seat_no AND item.booking_id = seat.booking_id)`,
  },
  {
    id: 'I2',
    says: 'a live item of a seat belongs to a confirmed booking, and its seat is sold to that',
    violations: `
      SELECT format('event %s seat %s item %s', item.event_id, item.seat_no, item.id) AS example
      FROM ${ofConfirmed}
      LEFT JOIN booking.event_seats AS seat ON seat.event_id = item.event_id AND seat.seat_no = item.seat_no
      WHERE item.live AND item.seat_no IS NOT NULL AND ${isWatched('item.event_id')}
        AND (booking.status <> 'confirmed' OR seat.state IS DISTINCT FROM 'sold'
          OR seat.booking_id IS DISTINCT FROM item.booking_id)`,
  },
  {
    id: 'I2',
    says: 'a live item has exactly one ticket that is not void, any other item none',
    violations: `
      SELECT format('event %s item %s: %s tickets', item.event_id, item.id, count(ticket.id)) AS example
      FROM booking.booking_items AS item
      LEFT JOIN booking.tickets AS ticket
        ON ticket.event_id = item.event_id AND ticket.item_id = item.id AND ticket.status <> 'void'
      WHERE ${isWatched('item.event_id')}
      GROUP BY item.event_id, item.id, item.live HAVING count(ticket.id) <> item.live::int`,
  },
  {
    id: 'I2',
    says: 'a confirmed booking has live items, a cancelled one none',
    violations: `
      SELECT format('event %s booking %s is %s', booking.event_id, booking.id, booking.status) AS example
      FROM booking.bookings AS booking CROSS JOIN LATERAL (
        SELECT count(*) AS items FROM booking.booking_items AS item
        WHERE item.event_id = booking.event_id AND item.booking_id = booking.id AND item.live) AS live
      WHERE ${isWatched('booking.event_id')} AND booking.status IN ('confirmed', 'cancelled')
        AND (booking.status = 'confirmed') <> (live.items > 0)`,
  },
  {
    id: 'I2',
    says: 'the sale log adds up to the places that are sold',
    violations: `
      WITH logged AS (
        SELECT event_id, booking_id, sum(CASE what WHEN 'sold' THEN places ELSE -places END) AS places,
          sum(CASE what WHEN 'sold' THEN amount_minor ELSE -amount_minor END) AS minor
        FROM booking.sale_log WHERE ${isWatched('event_id')} GROUP BY event_id, booking_id),
      live AS (
        SELECT event_id, booking_id, count(*) AS places, sum(price_minor) AS minor
        FROM booking.booking_items WHERE live AND ${isWatched('event_id')} GROUP BY event_id, booking_id)
      SELECT format('event %s booking %s: log %s, live %s', event_id, booking_id, coalesce(logged.places, 0),
        coalesce(live.places, 0)) AS example
      FROM logged FULL JOIN live USING (event_id, booking_id)
      WHERE coalesce(logged.places, 0) <> coalesce(live.places, 0) OR coalesce(logged.minor, 0) <> coalesce(live.minor, 0)`,
  },
]
