import type pg from 'pg'
import type { RedisClient } from '#shared/redis.ts'
import { retry } from '#shared/retry.ts'
import { roomKey } from '#shared/room-keys.ts'
import { type JournalEntry, type JournalViolations, judgeAdmissions } from './admissions.ts'

/** The last admissions of a room are judged. */
const pageSize = 1_000
const maxPages = 5
/** A client that was opened just now is not connected yet, and a busy Redis may be slow. */
const patience = { tries: 20, pauseMs: 100 }

/** A queue that nobody reads is deleted after a week: journals of older events are empty. */
const keptDays = 8

/**
 * What the journals of waiting rooms say that are on, for events that took place a week ago or are ahead, with ids. Throws when they cannot
 * be read.
 */
export async function judgeWaitingRooms(client: pg.Client, redis: RedisClient | null): Promise<JournalViolations> {
  const { rows } = await client.query<{ event_id: string }>(
    `SELECT room.event_id FROM event.waiting_rooms AS room JOIN event.events AS e ON e.id = room.event_id
     WHERE room.state <> 'off' AND e.starts_on >= current_date - $1::int`,
    [keptDays],
  )
  const limits: string[] = []
  const order: string[] = []
  for (const { event_id: eventId } of rows) {
    if (redis === null) throw new Error('REDIS_URL is not set')
    const found = judgeAdmissions(await readJournal(redis, eventId))
    limits.push(...found.limits.map((violation) => `event ${eventId}: ${violation}`))
    order.push(...found.order.map((violation) => `event ${eventId}: ${violation}`))
  }
  return { limits, order }
}

/** The last admissions of an event, oldest first: at most `pages` of a thousand. */
export async function readJournal(redis: RedisClient, eventId: string, pages = maxPages): Promise<JournalEntry[]> {
  const newestFirst: JournalEntry[] = []
  let end = '+'
  for (let page = 0; page < pages; page += 1) {
    const read = await retry(() => redis.xrevrange(roomKey(eventId, 'journal'), end, '-', 'COUNT', pageSize), patience)
    newestFirst.push(...read.map(([, fields]) => entryOf(fields)))
    const last = read.at(-1)
    if (last === undefined || read.length < pageSize) break
    end = `(${last[0]}`
  }
  return newestFirst.reverse()
}

function entryOf(fields: readonly string[]): JournalEntry {
  const values = new Map<string, number>()
  for (let at = 0; at < fields.length; at += 2) values.set(fields[at] ?? '', Number(fields[at + 1]))
  const value = (name: string): number => values.get(name) ?? 0
  const number = value('number')
  if (values.has('restored_until')) return { what: 'restored', number, until: value('restored_until') }
  return {
    what: 'admitted',
    number,
    at: value('at'),
    serving: value('serving'),
    active: value('active'),
    maxActive: value('max_active'),
    perMinute: value('per_minute'),
  }
}
