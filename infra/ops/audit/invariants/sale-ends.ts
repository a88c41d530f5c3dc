import { type Invariant, isWatched } from './invariant.ts'

/** As long as a change of a sale may take: what began before it may have been decided by the rules before. */
const changesWithin = `interval '5 seconds'`

/** An event that has begun is not sold. */
export const saleEndInvariants: readonly Invariant[] = [
  {
    // Judged by the rules that the sale has now, so nothing that was held or sold before they changed. A hold that was taken
    // before the end may be paid for until its hard cap.
    id: 'I23',
    says: 'no booking is confirmed after the end of its sale, except from an earlier hold, within the time it may last',
    violations: `
      SELECT format('event %s booking %s, confirmed %s, end %s', booking.event_id, booking.id, booking.confirmed_at,
        sale.off_sale_at) AS example
      FROM booking.sales AS sale
      JOIN booking.bookings AS booking ON booking.event_id = sale.event_id
      JOIN booking.holds AS hold ON hold.event_id = booking.event_id AND hold.id = booking.hold_id
      WHERE ${isWatched('sale.event_id')} AND booking.status = 'confirmed' AND booking.confirmed_at > sale.off_sale_at AND (
        (hold.created_at >= sale.off_sale_at AND hold.created_at > sale.changed_at + ${changesWithin})
        OR (booking.confirmed_at > hold.hard_cap_at AND booking.confirmed_at > sale.changed_at + ${changesWithin}))`,
  },
]
