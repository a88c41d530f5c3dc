import { maxHoldsOfPass } from '#shared/queue-pass.ts'
import { type Invariant, isWatched } from './invariant.ts'

/** As long as a change of a sale may take: what began before it may have been decided by the rules before. */
const changesWithin = `interval '5 seconds'`

/** Nobody gets a place past a waiting room, or after the end of the sale. */
export const saleRuleInvariants: readonly Invariant[] = [
  {
    id: 'I14',
    says: 'every hold taken while the waiting room was on names its pass',
    violations: `
      SELECT format('event %s hold %s', hold.event_id, hold.id) AS example
      FROM booking.sales AS sale JOIN booking.holds AS hold ON hold.event_id = sale.event_id
      WHERE ${isWatched('sale.event_id')} AND sale.needs_pass AND hold.pass_id IS NULL
        AND hold.created_at > sale.changed_at + ${changesWithin}`,
  },
  {
    id: 'I14',
    says: `a pass was used by one buyer, for ${maxHoldsOfPass} holds at most, of which one was bought`,
    violations: `
      SELECT format('event %s pass %s: %s holds', event_id, pass_id, count(*)) AS example
      FROM booking.holds WHERE ${isWatched('event_id')} AND pass_id IS NOT NULL
      GROUP BY event_id, pass_id
      HAVING count(*) > ${maxHoldsOfPass} OR count(DISTINCT user_id) FILTER (WHERE user_id NOT LIKE 'erased-%') > 1
        OR count(*) FILTER (WHERE status = 'converted') > 1`,
  },
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
