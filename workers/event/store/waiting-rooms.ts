import type { WaitingRoom } from '#shared/contracts/waiting-room.ts'
import type { Database, Queryable } from '#shared/database/postgres.ts'
import { maxRollPlaces } from '#shared/draw.ts'

/** An organiser's settings of a room, and the number of bypass passes given out. */
export type RoomSettings = Omit<WaitingRoom, 'state' | 'opens_at' | 'draw'> & {
  readonly state: 'off' | 'open' | 'paused'
}

const settings = 'event_id, state, calls_per_minute, max_active, claim_s, session_s, idle_s, adaptive'
const columns = `${settings}, bypassed`

/** The waiting room of an event; undefined if it never had one. */
export async function findWaitingRoom(
  db: Queryable,
  eventId: string,
): Promise<(RoomSettings & { readonly onSaleAt: Date | null }) | undefined> {
  const [room] = await db.query<RoomSettings & { onSaleAt: Date | null }>(
    `SELECT ${columns}, (SELECT on_sale_at FROM event.events AS e WHERE e.id = event_id) AS "onSaleAt"
     FROM event.waiting_rooms WHERE event_id = $1`,
    [eventId],
  )
  return room
}

/** Whether any place was ever given out. Until the transaction ends, none can be. */
export async function hasPlaces(db: Database, eventId: string): Promise<boolean> {
  const [room] = await db.query<{ hasPlaces: boolean }>(
    'SELECT next_place > 0 AS "hasPlaces" FROM event.waiting_rooms WHERE event_id = $1 FOR UPDATE',
    [eventId],
  )
  return room?.hasPlaces === true
}

/** Stores the settings of a waiting room. */
export async function writeWaitingRoom(db: Database, room: Omit<RoomSettings, 'bypassed'>): Promise<void> {
  const { event_id, state, calls_per_minute, max_active, claim_s, session_s, idle_s, adaptive } = room
  await db.query(
    `INSERT INTO event.waiting_rooms (${settings}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (event_id) DO UPDATE SET state = $2, calls_per_minute = $3, max_active = $4, claim_s = $5, session_s = $6,
       idle_s = $7, adaptive = $8`,
    [event_id, state, calls_per_minute, max_active, claim_s, session_s, idle_s, adaptive],
  )
}

/** Counts one more bypass pass. `undefined` unless the waiting room is on. */
export async function countOneBypass(
  db: Database,
  eventId: string,
): Promise<{ bypassed: number; session_s: number; now: Date } | undefined> {
  const [room] = await db.query<{ bypassed: number; session_s: number; now: Date }>(
    `UPDATE event.waiting_rooms SET bypassed = bypassed + 1 WHERE event_id = $1 AND state <> 'off'
     RETURNING bypassed, session_s, now() AS now`,
    [eventId],
  )
  return room
}

/**
 * Records that `count` more places are given out; `from` is the first. `undefined` if the room is off, or its roll would become too long.
 */
export async function reserveBlock(
  db: Database,
  eventId: string,
  count: number,
): Promise<{ from: number; to: number } | undefined> {
  const [block] = await db.query<{ from: number; to: number }>(
    `UPDATE event.waiting_rooms AS room SET next_place = next_place + $2 WHERE event_id = $1 AND state <> 'off'
       AND (next_place + $2 <= $3
         OR NOT EXISTS (SELECT FROM event.draws WHERE draws.event_id = room.event_id AND root IS NULL))
     RETURNING (next_place - $2)::float8 AS from, next_place::float8 AS to`,
    [eventId, count, maxRollPlaces],
  )
  return block
}
