import type { Database } from '#shared/database/postgres.ts'
import type { TierSales } from '../price-rule.ts'

/* SQL about price tiers. */

export interface SteppedTier extends TierSales {
  readonly eventId: string
  readonly tierNo: number
  /** Price of its seats before the first step; null if it has no seats. */
  readonly ownPriceMinor: number | null
}

/** How much is sold of each tier with price steps. Reads all seats of these tiers. */
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
