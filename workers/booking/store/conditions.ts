/* SQL that says the same everywhere. Time is the database's: no process compares its own clock with a held seat's. */

/**
 * A row of `event_seats` that can be sold now: an expired hold blocks nothing, swept or not. A judgement of rows that were
 * found otherwise: as an OR of states it would lead the planner to an index of each state, and through all held seats.
 */
export const isFree = `CASE state WHEN 'available' THEN true WHEN 'held' THEN held_until <= now() ELSE false END`

/** A row of `holds`, aliased `hold`, that has not ended, but may be due. */
export const isLive = `hold.status IN ('active', 'paying')`

/** A row of `holds`, aliased `hold`, whose time is over although nobody has ended it yet. */
export const isDue = `(${isLive} AND hold.expires_at <= now())`

/**
 * Position of what a statement answers. After a write of this transaction that is the write's own; else no lower than any
 * write that the statement could see. A seat snapshot of at least this position includes it.
 */
export const position = `coalesce(
  pg_current_xact_id_if_assigned()::text,
  (pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 1)::text)`

/**
 * As `isFree`, but seats of one hold count as free too: of the one whose own id is the parameter `hold`, such as `$3`; null
 * for no hold.
 */
export function isFreeFor(hold: string): string {
  return `CASE state WHEN 'available' THEN true
    WHEN 'held' THEN held_until <= now() OR hold_id = ${hold}::uuid ELSE false END`
}
