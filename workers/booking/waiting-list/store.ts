import type { WaitingEntry } from '#shared/contracts/waiting-list.ts'
import type { Database, Queryable } from '#shared/database/postgres.ts'
import type { Key } from '#shared/ids.ts'
import type { ToldEntry } from './facts.ts'
import type { Waiting } from './next-offers.ts'
import type { Wanted } from './wishes.ts'

/*
 * SQL about the entries of waiting lists. A change of which entries wait needs the lock of the list (`lockList`), taken before
 * all other locks, and brings `waited_for` of the sale up to date.
 */

const nameOfLock = `hashtextextended('waiting list ' || $1, 0)`

/** One change of a list at a time: held until the transaction ends. */
export async function lockList(db: Database, eventId: string): Promise<void> {
  await db.query(`SELECT pg_advisory_xact_lock(${nameOfLock})`, [eventId])
}

/** As `lockList`, without waiting: answers whether it has the lock. */
export async function tryLockList(db: Database, eventId: string): Promise<boolean> {
  const [lock] = await db.query<{ locked: boolean }>(`SELECT pg_try_advisory_xact_lock(${nameOfLock}) AS locked`, [
    eventId,
  ])
  return lock?.locked === true
}

/** Buyers of the event who wait, counted up to `limit`. */
export async function countWaiting(db: Database, eventId: string, limit: number): Promise<number> {
  const [counted] = await db.query<{ waiting: number }>(
    `SELECT count(*)::int AS waiting FROM (
       SELECT FROM booking.waiting_list WHERE event_id = $1 AND status = 'waiting' LIMIT $2) AS entry`,
    [eventId, limit],
  )
  return counted?.waiting ?? 0
}

/** Buyers of all events who wait. */
export async function countAllWaiting(db: Queryable): Promise<number> {
  const [counted] = await db.query<{ waiting: number }>(
    `SELECT count(*)::int AS waiting FROM booking.waiting_list WHERE status = 'waiting'`,
  )
  return counted?.waiting ?? 0
}

export interface NewEntry {
  readonly entry: Key
  readonly userId: string
  readonly qty: number
  readonly wanted: Wanted
}

/** Puts a buyer at the end of the list. */
export async function insertEntry(db: Database, { entry, userId, qty, wanted }: NewEntry): Promise<void> {
  await db.query(
    `INSERT INTO booking.waiting_list (event_id, id, user_id, qty, kind, name, sale_ends_at)
     SELECT $1, $2, $3, $4, $5, $6, off_sale_at FROM booking.sales WHERE event_id = $1`,
    [entry.eventId, entry.ownId, userId, qty, wanted.kind, wanted.name],
  )
}

export interface OpenEntry extends Key {
  readonly status: 'waiting' | 'offered'
  readonly holdId: string | null
}

/** Locks the buyer's open entry, if there is one. */
export async function lockOpenEntry(
  db: Database,
  { eventId, userId }: { eventId: string; userId: string },
): Promise<OpenEntry | undefined> {
  const [entry] = await db.query<OpenEntry>(
    `SELECT event_id AS "eventId", id AS "ownId", status, hold_id AS "holdId" FROM booking.waiting_list
     WHERE event_id = $1 AND user_id = $2 AND status IN ('waiting', 'offered') FOR UPDATE`,
    [eventId, userId],
  )
  return entry
}

const told = `entry.event_id AS "eventId", entry.id AS "ownId", entry.user_id AS "userId", entry.status, entry.overtaken,
  entry.hold_id AS "holdId", entry.ended_because AS "endedBecause"`

/** Ends an open entry, and answers it. */
export function endEntry(
  db: Database,
  entry: Key,
  { status, because = null }: { status: 'left' | 'ended'; because?: WaitingEntry['ended_because'] },
): Promise<ToldEntry[]> {
  return db.query<ToldEntry>(
    `UPDATE booking.waiting_list AS entry SET status = $3, ended_because = $4, ended_at = now()
     WHERE event_id = $1 AND id = $2 AND status IN ('waiting', 'offered') RETURNING ${told}`,
    [entry.eventId, entry.ownId, status, because],
  )
}

/** SQL: why nothing is offered any more to a row of `waiting_list`, aliased `entry`, of the `sale`; null while it may be. */
export const overBecause = `CASE WHEN sale.status = 'cancelled' THEN 'event_cancelled'
  WHEN sale.status = 'postponed' OR entry.sale_ends_at IS DISTINCT FROM sale.off_sale_at THEN 'event_rescheduled'
  WHEN sale.status = 'off_sale' OR sale.off_sale_at <= now() THEN 'sale_ended' END`

/** Ends at most `limit` waiting entries of an event to which nothing is offered any more, and answers them. */
export function endEntriesOfSale(db: Database, eventId: string, limit: number): Promise<ToldEntry[]> {
  return db.query<ToldEntry>(
    `UPDATE booking.waiting_list AS entry SET status = 'ended', ended_because = over.because, ended_at = now()
     FROM (SELECT * FROM (
         SELECT entry.id, number, ${overBecause} AS because FROM booking.waiting_list AS entry
         JOIN booking.sales AS sale USING (event_id) WHERE event_id = $1 AND entry.status = 'waiting') AS judged
       WHERE because IS NOT NULL ORDER BY number LIMIT $2) AS over
     WHERE entry.event_id = $1 AND entry.id = over.id RETURNING ${told}`,
    [eventId, limit],
  )
}

export interface WaitingBuyer extends Waiting {
  readonly userId: string
}

/**
 * Waiting entries of an event in their order, at most `limit` of those who wait for the same: no more can be offered places at once. Those
 * are left out to which nothing is offered any more, and those whose buyer has a hold of the event, since nobody has two.
 */
export async function findWaiting(db: Database, eventId: string, limit: number): Promise<WaitingBuyer[]> {
  const rows = await db.query<Omit<WaitingBuyer, 'wanted'> & Wanted>(
    `SELECT id, "userId", qty, kind, name, overtaken FROM (
       SELECT entry.id, number, user_id AS "userId", qty, kind, name, overtaken,
         row_number() OVER (PARTITION BY kind, name, qty ORDER BY number) AS n
       FROM booking.waiting_list AS entry JOIN booking.sales AS sale USING (event_id)
       WHERE event_id = $1 AND entry.status = 'waiting' AND ${overBecause} IS NULL AND NOT EXISTS (
         SELECT FROM booking.holds AS hold WHERE hold.event_id = entry.event_id AND hold.user_id = entry.user_id
           AND hold.status IN ('active', 'paying'))) AS entry
     WHERE n <= $2 ORDER BY number`,
    [eventId, limit],
  )
  return rows.map(({ kind, name, ...entry }) => ({ ...entry, wanted: { kind, name } }))
}

/** Notes offers, each with the own id of its hold, and answers the entries. */
export function markOffered(
  db: Database,
  eventId: string,
  offers: readonly { readonly entryId: string; readonly holdId: string }[],
): Promise<ToldEntry[]> {
  return db.query<ToldEntry>(
    `UPDATE booking.waiting_list AS entry SET status = 'offered', hold_id = offer.hold_id
     FROM unnest($2::uuid[], $3::uuid[]) AS offer (id, hold_id)
     WHERE entry.event_id = $1 AND entry.id = offer.id AND entry.status = 'waiting' RETURNING ${told}`,
    [eventId, offers.map(({ entryId }) => entryId), offers.map(({ holdId }) => holdId)],
  )
}

/** Counts for each of these waiting entries that it was overtaken, as often as it stands here. Answers them. */
export function countOvertaken(db: Database, eventId: string, entryIds: readonly string[]): Promise<ToldEntry[]> {
  return db.query<ToldEntry>(
    `UPDATE booking.waiting_list AS entry SET overtaken = entry.overtaken + passed.times
     FROM (SELECT id, count(*)::int AS times FROM unnest($2::uuid[]) AS passed (id) GROUP BY id) AS passed
     WHERE entry.event_id = $1 AND entry.id = passed.id AND entry.status = 'waiting' RETURNING ${told}`,
    [eventId, entryIds],
  )
}

/** Writes down what became of at most `limit` offers whose hold has ended or whose event is cancelled, and answers their entries. */
export function settleOffers(db: Database, limit: number): Promise<ToldEntry[]> {
  return db.query<ToldEntry>(
    `WITH over AS (
       SELECT entry.event_id, entry.id, CASE WHEN hold.status = 'converted' THEN 'converted'
         WHEN sale.status = 'cancelled' THEN 'ended' WHEN hold.status = 'released' THEN 'left' ELSE 'expired' END AS status
       FROM booking.waiting_list AS entry JOIN booking.sales AS sale USING (event_id)
       LEFT JOIN booking.holds AS hold ON hold.event_id = entry.event_id AND hold.id = entry.hold_id
       WHERE entry.status = 'offered'
         AND (hold.id IS NULL OR hold.status NOT IN ('active', 'paying') OR sale.status = 'cancelled')
       LIMIT $1 FOR UPDATE OF entry SKIP LOCKED)
     UPDATE booking.waiting_list AS entry SET status = over.status, ended_at = now(),
       ended_because = CASE over.status WHEN 'ended' THEN 'event_cancelled' END
     FROM over WHERE entry.event_id = over.event_id AND entry.id = over.id RETURNING ${told}`,
    [limit],
  )
}

/** Kinds of places that somebody waits for. */
export async function findWaitedFor(db: Database, eventId: string): Promise<readonly Wanted[]> {
  const [sale] = await db.query<{ waitedFor: Wanted[] }>(
    'SELECT waited_for AS "waitedFor" FROM booking.sales WHERE event_id = $1',
    [eventId],
  )
  return sale?.waitedFor ?? []
}

/** Brings `waited_for` of the sale up to date with its list, whose lock is held. */
export async function noteWaitedFor(db: Database, eventId: string): Promise<void> {
  await db.query(
    `UPDATE booking.sales AS sale SET waited_for = now_wanted.kinds
     FROM (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'name', name) ORDER BY kind, name), '[]') AS kinds
           FROM (SELECT DISTINCT kind, name FROM booking.waiting_list WHERE event_id = $1 AND status = 'waiting') AS wanted)
       AS now_wanted
     WHERE event_id = $1 AND waited_for <> now_wanted.kinds`,
    [eventId],
  )
}

/**
 * Events on whose list somebody waits and something is to be done: places of some kind are free, or there are entries to which nothing is
 * offered any more (`isOver`). In random order, so that no list is always last.
 */
export function findListsToServe(db: Queryable): Promise<{ eventId: string; isOver: boolean }[]> {
  return db.query(
    `SELECT event_id AS "eventId", "isOver" FROM booking.sales AS sale
     CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM booking.waiting_list AS entry
       WHERE entry.event_id = sale.event_id AND entry.status = 'waiting' AND ${overBecause} IS NOT NULL) AS "isOver") AS ends
     WHERE waited_for <> '[]' AND ("isOver"
       OR EXISTS (SELECT FROM booking.event_seats AS seat WHERE seat.event_id = sale.event_id AND state = 'available')
       OR EXISTS (SELECT FROM booking.event_seats AS seat
         WHERE seat.event_id = sale.event_id AND state = 'held' AND held_until <= now())
       OR EXISTS (SELECT FROM booking.area_shards AS shard WHERE shard.event_id = sale.event_id AND held + sold < capacity)
       OR EXISTS (SELECT FROM booking.hold_items AS item WHERE item.event_id = sale.event_id AND held_until <= now()))
     ORDER BY random() LIMIT 1000`,
  )
}
