import test from 'ava'
import type { RequestOf } from '#shared/contracts/contract.ts'
import { searchEvents } from '#shared/contracts/search.ts'
import { Postgres, type Queryable } from '#shared/database/postgres.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { createLogger } from '#shared/observability/log.ts'
import { generateCatalogue } from '../../infra/bench/search/generate.ts'
import { searchEvents as operationOf } from '../../workers/event/operations/search-events.ts'
import { RecentStock } from '../../workers/event/recent-stock.ts'
import { RecentSummaries } from '../../workers/event/recent-summaries.ts'
import { weeksBetween } from '../../workers/event/search/dates.ts'
import { daysFromToday } from '../support/catalogue.ts'
import { createTestDatabase } from '../support/database.ts'
import { forFile } from '../support/for-file.ts'

/** Enough that reading all of them would be the longest way to any page. */
const events = 30_000

/** Explains each statement that reads events as the worker has it planned, for any values, and carries it out. */
class ExplainingPostgres extends Postgres {
  readonly plans: string[] = []
  #explained = 0

  override async query<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    if (/FROM event\.(events|words|venues)/.test(text) && values.length > 0) {
      // Statements may be sent together.
      const name = `explained${this.#explained++}`
      await super.query(`PREPARE ${name} AS ${text}`)
      const execution = `EXECUTE ${name}(${values.map(literal).join(', ')})`
      const lines = await super.query<Record<string, string>>(`EXPLAIN ${execution}`)
      await super.query(`DEALLOCATE ${name}`)
      this.plans.push(lines.map((line) => Object.values(line)[0]).join('\n'))
    }
    return super.query<Row>(text, values)
  }
}

function literal(value: unknown): string {
  if (value === null) return 'NULL'
  const text = Array.isArray(value) ? `{${value.map((each) => JSON.stringify(each)).join(',')}}` : value
  return `'${(text instanceof Date ? text.toISOString() : String(text)).replaceAll("'", "''")}'`
}

const database = forFile(() => createTestDatabase())
const postgres = forFile(async () => {
  await generateCatalogue(database.url, events, { show: () => undefined, clear: () => undefined })
  const options = { applicationName: 'explaining', maxConnections: 1, planOnce: true, onIdleError: () => undefined }
  return new ExplainingPostgres({ url: database.url, ...options })
})

async function plansOf(request: RequestOf<typeof searchEvents>): Promise<{ plans: string; found: number }> {
  postgres.plans.length = 0
  const { items } = await answer(request)
  return { plans: postgres.plans.join('\n\n'), found: items.length }
}

/**
 * One page. Answers to be compared come from one transaction, where `now()` stands still: between two, a day may end in some time
 * zone, such as that of Tokyo at 15:00 UTC, and the events of that day leave the list.
 */
async function answer(request: RequestOf<typeof searchEvents>, db: Queryable = postgres) {
  // Nothing of what was made up is on sale, so nobody is asked what is left of it.
  const operation = operationOf({
    postgres: db,
    bus: {} as Bus,
    recentStock: new RecentStock(),
    recentSummaries: new RecentSummaries(),
  })
  const log = createLogger({ name: 'event', instance: 'test', level: 'error' })
  const context = { log, deadlineAt: performance.now() + 60_000 } as Parameters<typeof operation.answer>[1]
  return searchEvents.reply.parse(await operation.answer(searchEvents.request.parse(request), context))
}

async function frequencyOrder(field: string): Promise<string[]> {
  const rows = await postgres.query<{ word: string }>(
    'SELECT ltrim(word) AS word FROM event.words WHERE field = $1 AND events > 1 ORDER BY events DESC, word',
    [field],
  )
  return rows.map(({ word }) => word)
}

test.serial('each kind of search finds its events by an index and never reads all of them', async (t) => {
  const [frequent = ''] = await frequencyOrder('n')
  const rare = (await frequencyOrder('n')).at(-1) ?? ''
  const performers = await frequencyOrder('P')
  const performer = performers[0] ?? ''
  const city = (await frequencyOrder('C'))[5] ?? ''
  const [place = { lat: 0, lng: 0 }] = await postgres.query<{ lat: number; lng: number }>(
    'SELECT latitude AS lat, longitude AS lng FROM event.venues ORDER BY source_id LIMIT 1',
  )
  const dates = { start: daysFromToday(10), end: daysFromToday(75) }
  const searches: readonly [RequestOf<typeof searchEvents>, string][] = [
    [{ keyword: rare }, 'events_by_terms'],
    [{ keyword: frequent }, 'events_by_terms'],
    [{ type: 'Music' }, 'events_by_date'],
    [{ keyword: frequent, city }, 'events_by_terms'],
    [{ keyword: performer }, 'events_by_terms'],
    [{ keyword: performer, limit: 100, page: 10, pageSize: 20 }, 'events_by_terms'],
    [{ city, type: 'Music' }, 'events_by_terms'],
    [{ performer }, 'events_by_'],
    [{}, 'events_by_date'],
    [{ keyword: frequent, sort: 'price', currency: 'EUR' }, 'events_by_price'],
    [{ min_price_minor: 20_000, currency: 'EUR', sort: 'price' }, 'events_by_price'],
    [{ ...place, radius_km: 20 }, 'events_by_'],
    [{ ...place, radius_km: 20, ...dates }, 'events_by_venue'],
    [{ ...place, radius_km: 20, sort: 'distance' }, 'events_by_venue'],
    [{ keyword: rare, facets: 'city,type,month,price', currency: 'EUR' }, 'events_by_terms'],
    [{ type: 'Music', start: daysFromToday(200), end: daysFromToday(204), facets: 'type' }, 'events_by_'],
    [{ start: '1000-01-02' }, 'events_by_date'],
  ]
  for (const [request, index] of searches) {
    const { plans, found } = await plansOf(request)
    const said = `${JSON.stringify(request)}\n${plans}`
    t.notRegex(plans, /Seq Scan on events/, said)
    t.regex(plans, new RegExp(index), said)
    t.true(found > 0, said)
  }
})

test.serial('behind its last event a frequent word is not collected from the whole list', async (t) => {
  const { plans, found } = await plansOf({ type: 'Music', start: daysFromToday(660) })
  t.true(found < 20, `${found}`)
  t.regex(plans, /events_by_date/)
  t.notRegex(plans, /events_by_terms/)
})

test.serial('page after page by relevance brings each event once, and the same ones as by date', async (t) => {
  const words = await postgres.query<{ word: string }>(
    `SELECT word FROM event.words WHERE field IN ('n', 'd') GROUP BY word HAVING sum(events) BETWEEN 700 AND 1500 ORDER BY word LIMIT 3`,
  )
  t.true(words.length > 0)
  for (const keyword of [...words.map(({ word }) => word), 'orchestra evening']) {
    const { byFit, byDate } = await postgres.transaction(async (db) => ({
      byFit: await allPages(db, { keyword }),
      byDate: await allPages(db, { keyword, sort: 'date' }),
    }))
    t.true(byFit.length > 100, keyword)
    t.is(new Set(byFit).size, byFit.length)
    t.deepEqual(byFit.toSorted(), byDate.toSorted(), keyword)
  }
})

async function allPages(
  db: Queryable,
  request: RequestOf<typeof searchEvents>,
  atMost = Number.POSITIVE_INFINITY,
): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | null = null
  do {
    const page = await answer({ ...request, limit: 100, ...(cursor !== null && { cursor }) }, db)
    ids.push(...page.items.map(({ id }) => id))
    cursor = page.next_cursor
  } while (cursor !== null && ids.length < atMost)
  return ids
}

test.serial('whatever is asked beside a word, page after page brings what a look at each event finds', async (t) => {
  const words = await postgres.query<{ word: string; events: number }>(
    `SELECT word, sum(events)::int AS events FROM event.words WHERE field IN ('p', 'n', 'v', 'c', 'd') AND length(word) > 3
     GROUP BY word HAVING sum(events) > 300 ORDER BY hashtext(word) LIMIT 6`,
  )
  const [place = { lat: 0, lng: 0 }] = await postgres.query<{ lat: number; lng: number }>(
    'SELECT latitude AS lat, longitude AS lng FROM event.venues ORDER BY source_id LIMIT 1',
  )
  const circle = { ...place, radius_km: 2_000 }
  const dates = { start: daysFromToday(10), end: daysFromToday(75) }
  const others = [
    {},
    dates,
    circle,
    { ...circle, ...dates },
    { min_price_minor: 2_000, currency: 'EUR' },
    { type: 'Music', ...dates },
  ]
  for (const { word } of words) {
    for (const other of others) {
      const request = { keyword: word, sort: 'date' as const, ...other }
      const { found, expected } = await postgres.transaction(async (db) => ({
        found: await allPages(db, request, 300),
        expected: await lookedAt(db, request),
      }))
      t.deepEqual(found, expected, JSON.stringify(request))
    }
  }
})

interface LookedFor {
  readonly keyword: string
  readonly start?: string
  readonly end?: string
  readonly lat?: number
  readonly lng?: number
  readonly radius_km?: number
  readonly min_price_minor?: number
  readonly type?: string
}

/** The first 300 by date, found by the texts of events alone. */
async function lookedAt(
  db: Queryable,
  { keyword, start, end, lat, lng, radius_km, min_price_minor, type }: LookedFor,
): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `SELECT e.id FROM event.venues AS v JOIN event.events AS e ON e.venue_id = v.id
     WHERE e.status IN ('published', 'rescheduled')
       AND replace(concat_ws(' ', '', e.folded_performers, e.folded_name, e.folded_venue, e.folded_city, e.folded_type,
         e.folded_description), E'\n', ' ') LIKE '% ' || $1::text || '%'
       AND e.starts_on >= COALESCE($2::date, (now() AT TIME ZONE e.tz)::date) AND ($3::date IS NULL OR e.starts_on <= $3)
       AND ($4::float8 IS NULL OR 6371 * acos(least(1, sin(radians($4)) * sin(radians(v.latitude)) +
         cos(radians($4)) * cos(radians(v.latitude)) * cos(radians(v.longitude - $5::float8)))) <= $6::float8)
       AND ($7::bigint IS NULL OR e.price_from_minor >= $7)
       AND ($8::text IS NULL OR e.folded_type = lower($8))
     ORDER BY e.starts_on, COALESCE(e.starts_at, 'infinity'), e.id LIMIT 300`,
    [
      keyword,
      start ?? null,
      end ?? null,
      lat ?? null,
      lng ?? null,
      radius_km ?? null,
      min_price_minor ?? null,
      type ?? null,
    ],
  )
  return rows.map(({ id }) => id)
}

test.serial('dates are in the index as the worker asks for them', async (t) => {
  for (const day of ['1969-12-28', '1970-01-01', '2026-02-28', '2028-02-29', '2031-11-20']) {
    const [row] = await postgres.query<{ numbers: number[] }>('SELECT event.days_of($1::date) AS numbers', [day])
    t.deepEqual([row?.numbers[1]], weeksBetween(day, day))
  }
})

test.serial('what no venue near has is found by its price, not by going from venue to venue', async (t) => {
  // More than are named one by one, around a point in the Pacific, and without events.
  await postgres.query(
    `INSERT INTO event.venues (id, source, source_id, name, city, country, latitude, longitude)
     SELECT gen_random_uuid(), 'test', 'empty ' || number, 'Empty', 'Nowhere', 'XX', 0, -150 + number / 1e6::float8
     FROM generate_series(1, $1::int) AS number`,
    [1_100],
  )
  const asked = { lat: 0, lng: -150, radius_km: 20_000, sort: 'distance', limit: 20 } as const
  const [dearest = { price: 0 }] = await postgres.query<{ price: number }>(
    `SELECT price_from_minor::float8 AS price FROM event.events WHERE status IN ('published', 'rescheduled')
       AND starts_on > current_date + 1 ORDER BY price_from_minor DESC NULLS LAST LIMIT 1 OFFSET 30`,
  )
  try {
    const { plans, found } = await plansOf({ ...asked, min_price_minor: dearest.price, currency: 'EUR' })
    t.is(found, 20)
    t.regex(plans, /events_by_price/)
    t.notRegex(plans, /Seq Scan on events/)
    const { items, nearest } = await postgres.transaction(async (db) => ({
      items: (await answer({ ...asked, min_price_minor: dearest.price, currency: 'EUR' }, db)).items,
      nearest: await db.query<{ id: string }>(
        `SELECT e.id FROM event.events AS e JOIN event.venues AS v ON v.id = e.venue_id
         WHERE e.status IN ('published', 'rescheduled') AND e.price_from_minor >= $1
           AND e.starts_on >= (now() AT TIME ZONE e.tz)::date
         ORDER BY acos(least(1, cos(radians(v.latitude)) * cos(radians(v.longitude + 150)))), e.starts_on, e.starts_at, e.id LIMIT 20`,
        [dearest.price],
      ),
    }))
    t.is(items.map(({ id }) => id).join(), nearest.map(({ id }) => id).join())
    const none = await plansOf({ ...asked, min_price_minor: 900_000_000_000, currency: 'EUR' })
    t.is(none.found, 0)
    t.regex(none.plans, /events_by_price/)
  } finally {
    await postgres.query('DELETE FROM event.venues WHERE source = $1', ['test'])
  }
})

test.serial('known words and near misses of others are looked up, not searched for', async (t) => {
  const [word = ''] = (await frequencyOrder('p')).filter(({ length }) => length > 6)
  const mistyped = await plansOf({ keyword: `${word.slice(0, 3)}7${word.slice(4)}` })
  t.regex(mistyped.plans, /words_by_spelling/)
  t.regex(mistyped.plans, /words_pkey/)
  t.notRegex(mistyped.plans, /Seq Scan on words/)
})
