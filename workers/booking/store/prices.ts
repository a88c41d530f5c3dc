import type { Database } from '#shared/database/postgres.ts'
import type { TierSales } from '../price-rule.ts'

/* SQL about price tiers. */

export interface SteppedTier extends TierSales {
  readonly eventId: string
  readonly tierNo: number
  /** What its seats cost before the first step; null while it has none. */
  readonly ownPriceMinor: number | null
}

/** How far the tiers of events are sold, of those whose price has steps. Reads all seats of these tiers. */
export function readTierSales(db: Database, eventIds: readonly string[]): Promise<SteppedTier[]> {
  return db.query<SteppedTier>(
    `SELECT event_id AS "eventId", tier_no AS "tierNo", name, steps, seats, sold, "ownPriceMinor" FROM booking.price_tiers AS tier, LATERAL (
       SELECT count(*) FILTER (WHERE state <> 'blocked')::int AS seats, count(*) FILTER (WHERE state = 'sold')::int AS sold,
         min(price_minor) AS "ownPriceMinor"
       FROM booking.event_seats AS seat WHERE seat.event_id = tier.event_id AND seat.tier_no = tier.tier_no
         AND seat_no BETWEEN tier.first_seat_no AND tier.last_seat_no) AS counted
     WHERE tier.event_id = ANY($1) AND steps <> '[]'`,
    [eventIds],
  )
}
