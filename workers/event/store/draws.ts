import type { Database, Queryable } from '#shared/database/postgres.ts'

/* SQL of draws. Digests and keys are bytes. */

export interface DrawTerms {
  readonly joinsFrom: Date | null
  readonly closesAt: Date
  readonly opensAt: Date
  readonly beaconSource: string | null
}

export interface Draw extends DrawTerms {
  readonly eventId: string
  readonly secret: Buffer
  readonly receiptKey: Buffer
  readonly beaconValue: string | null
  readonly beaconPublishedAt: Date | null
  readonly count: number | null
  readonly entrants: number | null
  readonly root: Buffer | null
  readonly closedAt: Date | null
  readonly seed: Buffer | null
  readonly drawnAt: Date | null
  /** Number of bypass passes given out. */
  readonly bypassed: number
  /** Whether joining has closed, or is so close to it that gateways might not learn of a change in time. */
  readonly isClosing: boolean
  readonly isClosed: boolean
}

/** For this long gateways may use cached terms. */
const settledBefore = `interval '5 seconds'`

const columns = `event_id AS "eventId", joins_from AS "joinsFrom", closes_at AS "closesAt", opens_at AS "opensAt",
  beacon_source AS "beaconSource", secret, receipt_key AS "receiptKey", beacon_value AS "beaconValue",
  beacon_published_at AS "beaconPublishedAt", count, entrants, root, closed_at AS "closedAt", seed, drawn_at AS "drawnAt",
  closes_at - ${settledBefore} <= clock_timestamp() AS "isClosing", closes_at <= clock_timestamp() AS "isClosed",
  COALESCE((SELECT bypassed FROM event.waiting_rooms AS room WHERE room.event_id = draws.event_id), 0) AS bypassed`

/** The draw of an event; undefined if it has none. */
export async function findDraw(db: Queryable, eventId: string): Promise<Draw | undefined> {
  const [draw] = await db.query<Draw>(`SELECT ${columns} FROM event.draws WHERE event_id = $1`, [eventId])
  return draw
}

/** The draw of an event, locked until the transaction ends. */
export async function lockDraw(db: Database, eventId: string): Promise<Draw | undefined> {
  const [draw] = await db.query<Draw>(`SELECT ${columns} FROM event.draws WHERE event_id = $1 FOR UPDATE`, [eventId])
  return draw
}

/** Stores a new draw, or new terms of one that has not closed: secret and key stay. */
export async function writeDraw(
  db: Database,
  eventId: string,
  { joinsFrom, closesAt, opensAt, beaconSource }: DrawTerms,
  { secret, receiptKey }: { secret: Buffer; receiptKey: Buffer },
): Promise<void> {
  await db.query(
    `INSERT INTO event.draws (event_id, joins_from, closes_at, opens_at, beacon_source, secret, receipt_key)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (event_id) DO UPDATE SET joins_from = $2, closes_at = $3, opens_at = $4, beacon_source = $5`,
    [eventId, joinsFrom, closesAt, opensAt, beaconSource, secret, receiptKey],
  )
}

/** Stores how many places the roll has. */
export async function writeCount(db: Database, eventId: string, count: number): Promise<void> {
  await db.query('UPDATE event.draws SET count = $2 WHERE event_id = $1', [eventId, count])
}

export interface RollPage {
  readonly page: number
  readonly leaves: Buffer
  readonly entrants: number
  readonly root: Buffer
}

/** Stores pages of the roll. Stored pages stay unchanged. */
export async function writeRollPages(db: Database, eventId: string, pages: readonly RollPage[]): Promise<void> {
  await db.query(
    `INSERT INTO event.draw_pages (event_id, page, leaves, entrants, root)
     SELECT $1::uuid, * FROM unnest($2::int[], $3::bytea[], $4::int[], $5::bytea[]) ON CONFLICT DO NOTHING`,
    [
      eventId,
      pages.map(({ page }) => page),
      pages.map(({ leaves }) => leaves),
      pages.map(({ entrants }) => entrants),
      pages.map(({ root }) => root),
    ],
  )
}

/** Roots and numbers of entrants of all stored pages, in order. */
export function readPageRoots(db: Queryable, eventId: string): Promise<Pick<RollPage, 'root' | 'entrants'>[]> {
  return db.query('SELECT root, entrants FROM event.draw_pages WHERE event_id = $1 ORDER BY page', [eventId])
}

/** Stores the root of the roll and the time of its publication. */
export async function writeRoot(
  db: Database,
  eventId: string,
  { root, entrants }: { root: Buffer; entrants: number },
): Promise<void> {
  await db.query(
    'UPDATE event.draws SET root = $2, entrants = $3, closed_at = clock_timestamp() WHERE event_id = $1 AND root IS NULL',
    [eventId, root, entrants],
  )
}

/** The leaves of `limit` pages, starting at page `first`. */
export async function readLeaves(db: Queryable, eventId: string, first: number, limit: number): Promise<Buffer[]> {
  const pages = await db.query<{ leaves: Buffer }>(
    'SELECT leaves FROM event.draw_pages WHERE event_id = $1 AND page >= $2 ORDER BY page LIMIT $3',
    [eventId, first, limit],
  )
  return pages.map(({ leaves }) => leaves)
}

export interface DrawPage {
  readonly leaves: Buffer
  readonly ranks: Buffer | null
}

/** A page of the roll with its ranks; undefined if there is none. */
export async function findPage(db: Queryable, eventId: string, page: number): Promise<DrawPage | undefined> {
  const [found] = await db.query<DrawPage>(
    'SELECT leaves, ranks FROM event.draw_pages WHERE event_id = $1 AND page = $2',
    [eventId, page],
  )
  return found
}

/** Draws whose time has come, and whose beacon if they have one. */
export function findDueDraws(db: Queryable, limit: number): Promise<Draw[]> {
  return db.query(
    `SELECT ${columns} FROM event.draws
     WHERE seed IS NULL AND opens_at <= now() AND root IS NOT NULL AND (beacon_source IS NULL OR beacon_value IS NOT NULL)
     ORDER BY opens_at LIMIT $1`,
    [limit],
  )
}

/** Stores the ranks of pages. */
export async function writeRanks(
  db: Database,
  eventId: string,
  first: number,
  ranks: readonly Buffer[],
): Promise<void> {
  await db.query(
    `UPDATE event.draw_pages AS stored SET ranks = drawn.ranks
     FROM (SELECT $2::int + ordinality::int - 1 AS page, ranks FROM unnest($3::bytea[]) WITH ORDINALITY AS given(ranks, ordinality)) AS drawn
     WHERE stored.event_id = $1 AND stored.page = drawn.page`,
    [eventId, first, ranks],
  )
}

/** Stores the published seed: the draw has been held. */
export async function writeSeed(db: Database, eventId: string, seed: Buffer): Promise<void> {
  await db.query(
    'UPDATE event.draws SET seed = $2, drawn_at = clock_timestamp() WHERE event_id = $1 AND seed IS NULL',
    [eventId, seed],
  )
}

/** Stores the beacon of a draw. */
export async function writeBeacon(
  db: Database,
  eventId: string,
  { value, publishedAt }: { value: string; publishedAt: Date },
): Promise<void> {
  await db.query('UPDATE event.draws SET beacon_value = $2, beacon_published_at = $3 WHERE event_id = $1', [
    eventId,
    value,
    publishedAt,
  ])
}
