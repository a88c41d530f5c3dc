import { columnsOf } from '#shared/database/columns.ts'
import type { Database } from '#shared/database/postgres.ts'
import type { Key } from '#shared/ids.ts'
import { hasPlacesLeft, keyColumns } from './conditions.ts'
import { oneRow } from './one-row.ts'

/*
 * SQL about GA tickets, which are sold by count. The places of an area are spread over several counters, its shards, so that buyers do not
 * queue for one row. `held` of a shard counts the items of holds with a `held_until`, even in the past; an operation that needs expired
 * places first returns them to the shard. Shards are locked by ascending area and number, after seats and before any items change.
 * Beginning or ending a payment moves only the hold's own items and locks no shard.
 */

/** GA places of one shard that belong to a hold, or will. */
export interface HeldShard {
  readonly areaNo: number
  readonly shard: number
  readonly qty: number
  /** Price of one place. */
  readonly priceMinor: number
}

export interface Area {
  readonly areaNo: number
  readonly name: string
  readonly priceMinor: number
}

/** All areas of the events, sorted by number. */
export function findAreas(db: Database, eventIds: readonly string[]): Promise<(Area & { eventId: string })[]> {
  return db.query(
    `SELECT event_id AS "eventId", area_no AS "areaNo", name, price_minor AS "priceMinor" FROM booking.areas
     WHERE event_id = ANY($1) ORDER BY event_id, area_no`,
    [eventIds],
  )
}

export interface Shard {
  readonly areaNo: number
  readonly shard: number
  /** Places that are neither held nor sold. */
  readonly free: number
  /** Places of holds. */
  readonly held: number
}

export interface AreaKey {
  readonly eventId: string
  readonly areaNo: number
}

/** Locks up to `limit` shards of an area that have free places. Skips shards that others have locked. */
export function lockShards(db: Database, { eventId, areaNo }: AreaKey, limit: number): Promise<Shard[]> {
  return db.query<Shard>(
    `SELECT area_no AS "areaNo", shard, capacity - held - sold AS free, held FROM booking.area_shards
     WHERE event_id = $1 AND area_no = $2 AND held + sold < capacity ORDER BY random() LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED`,
    [eventId, areaNo, limit],
  )
}

/** Whether any place of the event is free or held. */
export async function hasAnyPlaceLeft(db: Database, eventId: string): Promise<boolean> {
  return (await oneRow<{ any: boolean }>(db, `SELECT ${hasPlacesLeft('$1')} AS any`, [eventId])).any
}

/**
 * Locks all shards of the areas, waiting if necessary. Returns places of expired holds in these areas, and those of `ownHold` in any area,
 * to their shards. Returns the shards of the areas after that.
 */
export async function lockAllShards(
  db: Database,
  { eventId, areaNos, ownHold }: { eventId: string; areaNos: readonly number[]; ownHold: Key | undefined },
): Promise<Shard[]> {
  await db.query(
    `SELECT FROM booking.area_shards AS area WHERE event_id = $1 AND (area_no = ANY($2) OR EXISTS (
       SELECT FROM booking.hold_items AS item WHERE item.event_id = $1 AND item.hold_id = $3
         AND item.area_no = area.area_no AND item.shard = area.shard))
     ORDER BY area_no, shard FOR NO KEY UPDATE`,
    [eventId, areaNos, ownHold?.ownId ?? null],
  )
  // All of them are already locked, in order.
  if (ownHold !== undefined) await releaseAreaPlaces(db, [ownHold], { passOver: true })
  await db.query(
    `WITH back AS (
       UPDATE booking.hold_items SET held_until = NULL
       WHERE event_id = $1 AND area_no = ANY($2) AND held_until <= now() RETURNING area_no, shard, qty)
     ${returnToShards('$1::uuid')}`,
    [eventId, areaNos],
  )
  return db.query<Shard>(
    `SELECT area_no AS "areaNo", shard, capacity - held - sold AS free, held FROM booking.area_shards
     WHERE event_id = $1 AND area_no = ANY($2) ORDER BY area_no, shard`,
    [eventId, areaNos],
  )
}

/** Returns all places of an event's expired holds to their shards, so that they count as free. Skips locked shards. */
export async function releaseExpiredPlaces(db: Database, eventId: string): Promise<void> {
  await db.query(
    `WITH locked AS MATERIALIZED (
       SELECT area_no, shard FROM booking.area_shards WHERE event_id = $1 AND (area_no, shard) IN (
         SELECT area_no, shard FROM booking.hold_items WHERE event_id = $1 AND held_until <= now())
       ORDER BY area_no, shard FOR NO KEY UPDATE SKIP LOCKED),
     back AS (
       UPDATE booking.hold_items AS item SET held_until = NULL FROM locked
       WHERE item.event_id = $1 AND item.area_no = locked.area_no AND item.shard = locked.shard AND item.held_until <= now()
       RETURNING item.area_no, item.shard, item.qty)
     ${returnToShards('$1::uuid')}`,
    [eventId],
  )
}

export interface HeldAreaPlaces extends HeldShard {
  readonly hold: Key
}

/** Moves free places of locked shards to live holds, until the end of each. */
export async function holdAreaPlaces(db: Database, areaPlaces: readonly HeldAreaPlaces[]): Promise<void> {
  if (areaPlaces.length === 0) return
  await db.execute(
    `WITH wanted AS MATERIALIZED (
       SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::int[], $5::int[], $6::bigint[])
         AS wanted (event_id, hold_id, area_no, shard, qty, price_minor)),
     taken AS (
       UPDATE booking.area_shards AS area SET held = held + wanted.qty
       FROM (SELECT event_id, area_no, shard, sum(qty)::int AS qty FROM wanted GROUP BY event_id, area_no, shard) AS wanted
       WHERE area.event_id = wanted.event_id AND area.area_no = wanted.area_no AND area.shard = wanted.shard)
     INSERT INTO booking.hold_items (event_id, hold_id, area_no, shard, qty, price_minor, held_until)
     SELECT event_id, hold_id, area_no, shard, qty, price_minor, hold.expires_at
     FROM wanted JOIN booking.holds AS hold USING (event_id) WHERE hold.id = wanted.hold_id`,
    columnsOf(areaPlaces, ({ hold, ...held }) => [hold.eventId, hold.ownId, ...valuesOf(held), held.priceMinor]),
  )
}

/** Condition for an item of a known hold. As a plain condition it would lead the planner to the index of all held items of an area. */
const isHeldItem = 'CASE WHEN held_until IS NULL THEN false ELSE true END'

/**
 * Releases the GA places of locked holds and returns how many. With `passOver`, skips shards that others have locked: nobody waits, and
 * expired places count as free anyway.
 */
export async function releaseAreaPlaces(
  db: Database,
  holds: readonly Key[],
  { passOver }: { passOver: boolean },
): Promise<number> {
  const freed = await db.query<{ qty: number }>(
    `WITH locked AS MATERIALIZED (
       SELECT event_id, hold_id, area_no, shard FROM unnest($1::uuid[], $2::uuid[]) AS ended (event_id, hold_id)
       JOIN booking.hold_items AS item USING (event_id, hold_id) JOIN booking.area_shards AS area USING (event_id, area_no, shard)
       WHERE ${isHeldItem}
       ${passOver ? 'FOR NO KEY UPDATE OF area SKIP LOCKED' : 'ORDER BY event_id, area_no, shard FOR NO KEY UPDATE OF area'}),
     back AS (
       UPDATE booking.hold_items AS item SET held_until = NULL FROM locked
       WHERE item.event_id = locked.event_id AND item.hold_id = locked.hold_id AND ${isHeldItem}
         AND item.area_no = locked.area_no AND item.shard = locked.shard
       RETURNING item.event_id, item.area_no, item.shard, item.qty)
     ${returnToShards('back.event_id')} RETURNING freed.qty`,
    keyColumns(holds),
  )
  return freed.reduce((sum, { qty }) => sum + qty, 0)
}

/** GA places of a hold, whether or not they were taken from it. */
export function findAreaItems(db: Database, hold: Key): Promise<HeldShard[]> {
  return db.query(
    `SELECT area_no AS "areaNo", shard, qty, price_minor AS "priceMinor"
     FROM booking.hold_items WHERE event_id = $1 AND hold_id = $2 AND area_no IS NOT NULL ORDER BY area_no, shard`,
    [hold.eventId, hold.ownId],
  )
}

/** Records the shards that now contain the places of a hold, in place of the original ones. */
export async function moveAreaItems(db: Database, hold: Key, areaPlaces: readonly HeldShard[]): Promise<void> {
  await db.query('DELETE FROM booking.hold_items WHERE event_id = $1 AND hold_id = $2 AND area_no IS NOT NULL', [
    hold.eventId,
    hold.ownId,
  ])
  await db.query(
    `INSERT INTO booking.hold_items (event_id, hold_id, area_no, shard, qty, price_minor)
     SELECT $1, $2, * FROM unnest($3::int[], $4::int[], $5::int[], $6::bigint[])`,
    [hold.eventId, hold.ownId, ...columnsOf(areaPlaces, (held) => [...valuesOf(held), held.priceMinor])],
  )
}

/** Counts places of locked shards as sold: free places, or after `releaseAreaPlaces` those of a hold. */
export async function countAsSold(db: Database, eventId: string, areaPlaces: readonly HeldShard[]): Promise<void> {
  await db.query(
    `UPDATE booking.area_shards AS area SET sold = sold + wanted.qty
     FROM unnest($2::int[], $3::int[], $4::int[]) AS wanted (area_no, shard, qty)
     WHERE area.event_id = $1 AND area.area_no = wanted.area_no AND area.shard = wanted.shard`,
    [eventId, ...columnsOf(areaPlaces, valuesOf)],
  )
}

/** Returns sold places to sale. Items of one shard may be given together or one by one. */
export async function returnAreaPlaces(
  db: Database,
  eventId: string,
  items: readonly Omit<HeldShard, 'priceMinor'>[],
): Promise<void> {
  if (items.length === 0) return
  await db.query(
    `WITH back AS (
       SELECT area_no, shard, sum(qty)::int AS qty FROM unnest($2::int[], $3::int[], $4::int[]) AS back (area_no, shard, qty)
       GROUP BY area_no, shard),
     locked AS MATERIALIZED (
       SELECT area_no, shard, back.qty FROM booking.area_shards AS area JOIN back USING (area_no, shard)
       WHERE area.event_id = $1 ORDER BY area_no, shard FOR NO KEY UPDATE OF area)
     UPDATE booking.area_shards AS area SET sold = sold - locked.qty FROM locked
     WHERE area.event_id = $1 AND area.area_no = locked.area_no AND area.shard = locked.shard`,
    [eventId, ...columnsOf(items, valuesOf)],
  )
}

/** Lowers `held` of locked shards by the rows of a query named `back`, in which a shard may occur more than once. */
function returnToShards(eventId: string): string {
  return `UPDATE booking.area_shards AS area SET held = held - freed.qty
    FROM (SELECT ${eventId} AS event_id, area_no, shard, sum(qty)::int AS qty FROM back GROUP BY 1, 2, 3) AS freed
    WHERE area.event_id = freed.event_id AND area.area_no = freed.area_no AND area.shard = freed.shard`
}

function valuesOf({ areaNo, shard, qty }: Omit<HeldShard, 'priceMinor'>): number[] {
  return [areaNo, shard, qty]
}
