import type { WaitingEntry } from '#shared/contracts/waiting-list.ts'
import type { Database, Queryable } from '#shared/database/postgres.ts'
import type { Key } from '#shared/ids.ts'
import { isLive } from '../store/conditions.ts'
import { oneRow } from '../store/one-row.ts'
import type { ChangedEntry } from './facts.ts'
import type { Waiting } from './next-offers.ts'
import type { Wanted } from './wishes.ts'

/*
 * SQL about the entries of waiting lists. A change of the waiting entries needs the lock of the list (`lockList`), taken before all other
 * locks, and updates `waited_for` of the sale.
 */

const nameOfLock = `hashtextextended('waiting list ' || $1, 0)`

/** Serialises changes of a list; lasts until the transaction ends. */
export async function lockList(db: Database, eventId: string): Promise<void> {
  await db.query(`SELECT pg_advisory_xact_lock(${nameOfLock})`, [eventId])
}

/** As `lockList`, without waiting. Returns whether it has the lock. */
export async function tryLockList(db: Database, eventId: string): Promise<boolean> {
  const text = `SELECT pg_try_advisory_xact_lock(${nameOfLock}) AS locked`
  return (await oneRow<{ locked: boolean }>(db, text, [eventId])).locked
}

/** Waiting buyers of the event, counted up to `limit`. */
export async function countWaiting(db: Database, eventId: string, limit: number): Promise<number> {
  const { waiting } = await oneRow<{ waiting: number }>(
    db,
    `SELECT count(*)::int AS waiting FROM (
       SELECT FROM booking.waiting_list WHERE event_id = $1 AND status = 'waiting' LIMIT $2) AS entry`,
    [eventId, limit],
  )
  return waiting
}

/** Waiting buyers of all events. */
export async function countAllWaiting(db: Queryable): Promise<number> {
  const text = `SELECT count(*)::int AS waiting FROM booking.waiting_list WHERE status = 'waiting'`
  return (await oneRow<{ waiting: number }>(db, text)).waiting
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

/** Locks the buyer's open entry, if any. */
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

/** Events for whose places a buyer waits, in the order in which their lists are locked. */
export async function findListsOf(db: Database, userId: string): Promise<string[]> {
  const lists = await db.query<{ event_id: string }>(
    `SELECT event_id FROM booking.waiting_list WHERE user_id = $1 AND status = 'waiting' ORDER BY event_id`,
    [userId],
  )
  return lists.map(({ event_id }) => event_id)
}

const changedEntry = `entry.event_id AS "eventId", entry.id AS "ownId", entry.user_id AS "userId", entry.status, entry.overtaken,
  entry.hold_id AS "holdId", entry.ended_because AS "endedBecause"`

/** Ends an open entry and returns it. */
export function endEntry(
  db: Database,
  entry: Key,
  { status, because = null }: { status: 'left' | 'ended'; because?: WaitingEntry['ended_because'] },
): Promise<ChangedEntry[]> {
  return db.query<ChangedEntry>(
    `UPDATE booking.waiting_list AS entry SET status = $3, ended_because = $4, ended_at = now()
     WHERE event_id = $1 AND id = $2 AND status IN ('waiting', 'offered') RETURNING ${changedEntry}`,
    [entry.eventId, entry.ownId, status, because],
  )
}

/** SQL: why a row of `waiting_list`, aliased `entry`, of the `sale` gets no more offers; null while it can get one. */
export const whyNoMoreOffers = `CASE WHEN sale.status = 'cancelled' THEN 'event_cancelled'
  WHEN sale.status = 'postponed' OR entry.sale_ends_at IS DISTINCT FROM sale.off_sale_at THEN 'event_rescheduled'
  WHEN sale.status = 'off_sale' OR sale.off_sale_at <= now() THEN 'sale_ended' END`

/** Ends at most `limit` waiting entries of an event that can get no more offers, and returns them. */
export function endEntriesOfSale(db: Database, eventId: string, limit: number): Promise<ChangedEntry[]> {
  return db.query<ChangedEntry>(
    `UPDATE booking.waiting_list AS entry SET status = 'ended', ended_because = over.because, ended_at = now()
     FROM (SELECT * FROM (
         SELECT entry.id, number, ${whyNoMoreOffers} AS because FROM booking.waiting_list AS entry
         JOIN booking.sales AS sale USING (event_id) WHERE event_id = $1 AND entry.status = 'waiting') AS judged
       WHERE because IS NOT NULL ORDER BY number LIMIT $2) AS over
     WHERE entry.event_id = $1 AND entry.id = over.id RETURNING ${changedEntry}`,
    [eventId, limit],
  )
}

export interface WaitingBuyer extends Waiting {
  readonly userId: string
}

/**
 * The first waiting entries of an event for each kind of place, at most `limit` of a kind: no more can get an offer at once. Leaves out
 * entries that can get no more offers, and buyers who already have a hold of the event, because nobody can have two.
 */
export async function findWaiting(db: Database, eventId: string, limit: number): Promise<WaitingBuyer[]> {
  const rows = await db.query<Omit<WaitingBuyer, 'wanted'> & Wanted>(
    `SELECT id, "userId", qty, kind, name, overtaken FROM (
       SELECT entry.id, number, user_id AS "userId", qty, kind, name, overtaken,
         row_number() OVER (PARTITION BY kind, name, qty ORDER BY number) AS n
       FROM booking.waiting_list AS entry JOIN booking.sales AS sale USING (event_id)
       WHERE event_id = $1 AND entry.status = 'waiting' AND ${whyNoMoreOffers} IS NULL AND NOT EXISTS (
         SELECT FROM booking.holds AS hold WHERE hold.event_id = entry.event_id AND hold.user_id = entry.user_id
           AND ${isLive})) AS entry
     WHERE n <= $2 ORDER BY number`,
    [eventId, limit],
  )
  return rows.map(({ kind, name, ...entry }) => ({ ...entry, wanted: { kind, name } }))
}

/** Records offers with the own ids of their holds, and returns the entries. */
export function markOffered(
  db: Database,
  eventId: string,
  offers: readonly { readonly entryId: string; readonly holdId: string }[],
): Promise<ChangedEntry[]> {
  return db.query<ChangedEntry>(
    `UPDATE booking.waiting_list AS entry SET status = 'offered', hold_id = offer.hold_id
     FROM unnest($2::uuid[], $3::uuid[]) AS offer (id, hold_id)
     WHERE entry.event_id = $1 AND entry.id = offer.id AND entry.status = 'waiting' RETURNING ${changedEntry}`,
    [eventId, offers.map(({ entryId }) => entryId), offers.map(({ holdId }) => holdId)],
  )
}

/** Counts that these waiting entries were overtaken, once for each occurrence. Returns them. */
export function countOvertaken(db: Database, eventId: string, entryIds: readonly string[]): Promise<ChangedEntry[]> {
  return db.query<ChangedEntry>(
    `UPDATE booking.waiting_list AS entry SET overtaken = entry.overtaken + passed.times
     FROM (SELECT id, count(*)::int AS times FROM unnest($2::uuid[]) AS passed (id) GROUP BY id) AS passed
     WHERE entry.event_id = $1 AND entry.id = passed.id AND entry.status = 'waiting' RETURNING ${changedEntry}`,
    [eventId, entryIds],
  )
}

/** Records the end of at most `limit` offers whose hold has ended or whose event is cancelled, and returns their entries. */
export function settleOffers(db: Database, limit: number): Promise<ChangedEntry[]> {
  return db.query<ChangedEntry>(
    `WITH over AS (
       SELECT entry.event_id, entry.id, CASE WHEN hold.status = 'converted' THEN 'converted'
         WHEN sale.status = 'cancelled' THEN 'ended' WHEN hold.status = 'released' THEN 'left' ELSE 'expired' END AS status
       FROM booking.waiting_list AS entry JOIN booking.sales AS sale USING (event_id)
       LEFT JOIN booking.holds AS hold ON hold.event_id = entry.event_id AND hold.id = entry.hold_id
       WHERE entry.status = 'offered'
         AND (hold.id IS NULL OR NOT ${isLive} OR sale.status = 'cancelled')
       LIMIT $1 FOR UPDATE OF entry SKIP LOCKED)
     UPDATE booking.waiting_list AS entry SET status = over.status, ended_at = now(),
       ended_because = CASE over.status WHEN 'ended' THEN 'event_cancelled' END
     FROM over WHERE entry.event_id = over.event_id AND entry.id = over.id RETURNING ${changedEntry}`,
    [limit],
  )
}

/** Kinds of places that waiting buyers want. */
export async function findWaitedFor(db: Database, eventId: string): Promise<readonly Wanted[]> {
  const [sale] = await db.query<{ waitedFor: Wanted[] }>(
    'SELECT waited_for AS "waitedFor" FROM booking.sales WHERE event_id = $1',
    [eventId],
  )
  return sale?.waitedFor ?? []
}

/** Updates `waited_for` of the sale from its list, whose lock is held. */
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
 * Events whose waiting list has work: places of some kind are free, or entries can get no more offers (`isOver`). In random order, so that
 * no list is always last.
 */
export function findListsToServe(db: Queryable): Promise<{ eventId: string; isOver: boolean }[]> {
  return db.query(
    `SELECT event_id AS "eventId", "isOver" FROM booking.sales AS sale
     CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM booking.waiting_list AS entry
       WHERE entry.event_id = sale.event_id AND entry.status = 'waiting' AND ${whyNoMoreOffers} IS NOT NULL) AS "isOver") AS ends
     WHERE waited_for <> '[]' AND ("isOver"
       OR EXISTS (SELECT FROM booking.event_seats AS seat WHERE seat.event_id = sale.event_id AND state = 'available')
       OR EXISTS (SELECT FROM booking.event_seats AS seat
         WHERE seat.event_id = sale.event_id AND state = 'held' AND held_until <= now())
       OR EXISTS (SELECT FROM booking.area_shards AS shard WHERE shard.event_id = sale.event_id AND held + sold < capacity)
       OR EXISTS (SELECT FROM booking.hold_items AS item WHERE item.event_id = sale.event_id AND held_until <= now()))
     ORDER BY random() LIMIT 1000`,
  )
}
