import { type Invariant, isOverdue, isWatched } from './invariant.ts'

const isLive = `hold.status IN ('active', 'paying')`
/** The sweeper comes every 5 s; a minute without it is a fault, though nobody waits for it. */
const sweptWithin = `interval '1 minute'`
/** Covers a payment that ends after its hold: the sweeper sees it in its next run. */
const endsWithin = `interval '2 minutes'`

/** Places are held for exactly one buyer, for a limited time, and within the buyer's limit. */
export const holdInvariants: readonly Invariant[] = [
  {
    id: 'I3',
    says: 'a held seat whose time is not over is an item of a live hold that ends at the same moment',
    violations: `
      SELECT format('event %s seat %s hold %s', seat.event_id, seat.seat_no, seat.hold_id) AS example
      FROM booking.event_seats AS seat WHERE seat.state = 'held' AND seat.held_until > now() AND NOT EXISTS (
        SELECT FROM booking.holds AS hold
        JOIN booking.hold_items AS item ON item.event_id = hold.event_id AND item.hold_id = hold.id
        WHERE hold.event_id = seat.event_id AND hold.id = seat.hold_id AND item.seat_no = seat.seat_no
          AND ${isLive} AND hold.expires_at = seat.held_until)`,
  },
  {
    id: 'I3',
    says: 'a live hold whose time is not over holds every seat of its items',
    violations: `
      SELECT format('event %s hold %s seat %s', item.event_id, hold.id, item.seat_no) AS example
      FROM booking.holds AS hold
      JOIN booking.hold_items AS item ON item.event_id = hold.event_id AND item.hold_id = hold.id
      JOIN booking.event_seats AS seat ON seat.event_id = item.event_id AND seat.seat_no = item.seat_no
      WHERE ${isLive} AND hold.expires_at > now() AND seat.hold_id IS DISTINCT FROM hold.id`,
  },
  {
    // Not the other way round: places of a hold that ended early may wait for their time to be over, so that nobody waits
    // for their counter.
    id: 'I3',
    says: 'a live hold whose time is not over holds its GA tickets until the same moment',
    violations: `
      SELECT format('event %s hold %s area %s shard %s', item.event_id, hold.id, item.area_no, item.shard) AS example
      FROM booking.holds AS hold
      JOIN booking.hold_items AS item ON item.event_id = hold.event_id AND item.hold_id = hold.id
      WHERE ${isLive} AND hold.expires_at > now() AND item.area_no IS NOT NULL
        AND item.held_until IS DISTINCT FROM hold.expires_at`,
  },
  {
    id: 'I4',
    says: 'the counters of an area have as many places together as the area',
    violations: `
      SELECT format('event %s area %s: %s places of %s', event_id, area_no, counted.capacity, area.capacity) AS example
      FROM booking.areas AS area CROSS JOIN LATERAL (
        SELECT coalesce(sum(capacity), 0) AS capacity FROM booking.area_shards AS shard
        WHERE shard.event_id = area.event_id AND shard.area_no = area.area_no) AS counted
      WHERE ${isWatched('area.event_id')} AND area.capacity <> counted.capacity`,
  },
  {
    id: 'I4',
    says: 'an area has no more places held and sold than it holds, in none of its counters',
    violations: `
      SELECT format('event %s area %s shard %s: %s + %s of %s', event_id, area_no, shard, held, sold, capacity) AS example
      FROM booking.area_shards WHERE ${isWatched('event_id')} AND (held + sold > capacity OR held < 0 OR sold < 0)`,
  },
  {
    id: 'I4',
    says: 'the counters of an area are the sums of what is held and sold',
    violations: `
      SELECT format('event %s area %s shard %s: held %s of %s, sold %s of %s', event_id, area_no, shard.shard, shard.held,
        items.held, shard.sold, items.sold) AS example
      FROM booking.area_shards AS shard CROSS JOIN LATERAL (
        SELECT
          (SELECT coalesce(sum(qty), 0) FROM booking.hold_items AS item WHERE item.held_until IS NOT NULL
            AND item.event_id = shard.event_id AND item.area_no = shard.area_no AND item.shard = shard.shard) AS held,
          (SELECT count(*) FROM booking.booking_items AS item WHERE item.live
            AND item.event_id = shard.event_id AND item.area_no = shard.area_no AND item.shard = shard.shard) AS sold
      ) AS items WHERE ${isWatched('shard.event_id')} AND (shard.held, shard.sold) <> (items.held, items.sold)`,
  },
  {
    id: 'I5',
    says: 'every hold ends: none is live later than its time and a minute for the sweeper',
    violations: `
      SELECT format('event %s hold %s since %s', event_id, id, expires_at) AS example
      FROM booking.holds AS hold WHERE ${isLive} AND ${isOverdue('expires_at', sweptWithin)}`,
  },
  {
    id: 'I5',
    // A payment that is open may still succeed, as a rescue; that it does not stay open is another invariant. One that does not
    // know its booking yet knows the hold.
    says: 'no booking stays pending once its hold has ended and no payment of it is under way',
    violations: `
      SELECT format('event %s booking %s is pending, its payment %s', booking.event_id, booking.id,
        booking.payment_status) AS example
      FROM booking.bookings AS booking
      JOIN booking.holds AS hold ON hold.event_id = booking.event_id AND hold.id = booking.hold_id
      WHERE booking.status = 'pending' AND ${isOverdue('hold.ended_at', endsWithin)} AND NOT EXISTS (
        SELECT FROM purchase.payments AS payment
        WHERE payment.event_id = booking.event_id AND payment.hold_id = booking.hold_id
          AND (payment.next_check_at IS NOT NULL OR payment.updated_at > now() - ${endsWithin}))`,
  },
  {
    id: 'I13',
    says: 'live tickets and held places of a buyer are at most as many as the sale allows',
    violations: `
      WITH places AS (
        SELECT hold.event_id, hold.user_id, sum(item.qty) AS qty FROM booking.holds AS hold
        JOIN booking.hold_items AS item ON item.event_id = hold.event_id AND item.hold_id = hold.id
        WHERE ${isLive} AND hold.expires_at > now() GROUP BY hold.event_id, hold.user_id
        UNION ALL
        SELECT booking.event_id, booking.user_id, count(*) FROM booking.bookings AS booking
        JOIN booking.booking_items AS item ON item.event_id = booking.event_id AND item.booking_id = booking.id
        WHERE item.live AND ${isWatched('booking.event_id')} GROUP BY booking.event_id, booking.user_id)
      SELECT format('event %s: %s places of %s', event_id, sum(qty), max_tickets_per_user) AS example
      FROM places JOIN booking.sales AS sale USING (event_id)
      GROUP BY event_id, user_id, max_tickets_per_user HAVING sum(qty) > max_tickets_per_user`,
  },
]
