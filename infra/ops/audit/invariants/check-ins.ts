import { type Invariant, isWatched } from './invariant.ts'

/**
 * As long as a cancellation may take: `at` of its entry is when it began, and a gate that held the lock of the ticket may have admitted it
 * since. Such a ticket is void at once, because the event is cancelled or the payment was refused.
 */
const cancelsWithin = `interval '10 seconds'`

/** A ticket enters once, a void one never. */
export const checkInInvariants: readonly Invariant[] = [
  {
    id: 'I21',
    says: 'a ticket enters once',
    violations: `
      SELECT format('event %s ticket %s: %s admissions', event_id, ticket_id, count(*)) AS example
      FROM booking.check_ins WHERE outcome = 'admitted' AND ${isWatched('event_id')}
      GROUP BY event_id, ticket_id HAVING count(*) > 1`,
  },
  {
    // A void ticket may have entered before.
    id: 'I21',
    says: 'a used ticket has been admitted, a valid one has not',
    violations: `
      SELECT format('event %s ticket %s is %s', ticket.event_id, ticket.id, ticket.status) AS example
      FROM booking.tickets AS ticket
      WHERE ticket.status <> 'void' AND ${isWatched('ticket.event_id')} AND (ticket.status = 'used') <> EXISTS (
        SELECT FROM booking.check_ins AS scan WHERE scan.event_id = ticket.event_id AND scan.ticket_id = ticket.id
          AND scan.outcome = 'admitted')`,
  },
  {
    // No row says when a single ticket became void.
    id: 'I21',
    says: 'nobody enters with a ticket of a cancelled booking',
    violations: `
      WITH cancelled AS (
        SELECT booking.event_id, booking.id, max(log.at) AS at
        FROM booking.bookings AS booking
        JOIN booking.sale_log AS log ON log.event_id = booking.event_id AND log.booking_id = booking.id AND log.what = 'returned'
        WHERE booking.status = 'cancelled' AND ${isWatched('booking.event_id')} GROUP BY booking.event_id, booking.id)
      SELECT format('event %s ticket %s, admitted %s', scan.event_id, scan.ticket_id, scan.received_at) AS example
      FROM cancelled
      JOIN booking.tickets AS ticket ON ticket.event_id = cancelled.event_id AND ticket.booking_id = cancelled.id
      JOIN booking.check_ins AS scan ON scan.event_id = ticket.event_id AND scan.ticket_id = ticket.id
      WHERE scan.outcome = 'admitted' AND scan.received_at > cancelled.at + ${cancelsWithin}`,
  },
]
