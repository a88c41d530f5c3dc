import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { Hold } from '#shared/contracts/holds.ts'
import { cancelTickets, returnHold } from '#shared/contracts/payment-steps.ts'
import type { Postgres } from '#shared/database/postgres.ts'
import { newId, parsePublicId } from '#shared/ids.ts'
import { Metrics } from '#shared/observability/metrics.ts'
import { defaultRetentionDays } from '#shared/retention/periods.ts'
import { type RetentionRule, startRetention } from '#shared/retention/retention.ts'
import { sandboxRetention } from '../../infra/ops/payment-sandbox/retention.ts'
import { bookingRetention } from '../../workers/booking/retention.ts'
import { eventRetention } from '../../workers/event/retention.ts'
import { purchaseRetention } from '../../workers/purchase/retention.ts'
import { startBookingWorkers } from '../support/booking-workers.ts'
import { createTestDatabase } from '../support/database.ts'
import { deleteOld } from '../support/delete-old.ts'
import { forFile } from '../support/for-file.ts'
import { lockSeats } from '../support/locks.ts'
import { openPostgres } from '../support/open-postgres.ts'
import { assertRefused } from '../support/refusals.ts'
import { silentLog } from '../support/silent-log.ts'
import { sweepAll } from '../support/sweep-all.ts'
import { until } from '../support/until.ts'

const workers = forFile(() => startBookingWorkers())

const db = forFile(async () => openPostgres(workers.databaseUrl, { maxConnections: 5 }))

const allRules = [...bookingRetention, ...eventRetention, ...purchaseRetention, ...sandboxRetention(silentLog)]
const readme = readFileSync(join(import.meta.dirname, '../../shared/retention/README.md'), 'utf8')

/** What the README says of tables that have no rule: they do not grow, or are emptied by what fills them. */
const withoutRule = new Set(['for ever', 'until done'])

/** Rows of the README's table that name a table of the database: its tables, rule and days. */
const promises = (): { tables: string[]; rule: string; days: string }[] =>
  readme.split('\n').flatMap((line) => {
    const [, first = '', , rule = '', days = ''] = line.split('|').map((cell) => cell.trim())
    const tables = [...first.matchAll(/`([a-z]+\.[a-z_]+)`/g)].map(([, table = '']) => table)
    return tables.length === 0 ? [] : [{ tables, rule: rule.replaceAll('`', ''), days }]
  })

test('every table of every schema is listed in the README, with the rule that is applied to it', async (t) => {
  const rows = await db.query<{ name: string }>(
    `SELECT format('%s.%s', nspname, relname) AS name FROM pg_class JOIN pg_namespace AS schema ON schema.oid = relnamespace
     WHERE relkind IN ('r', 'p') AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'`,
  )
  const promised = promises()
  const tables = promised.flatMap(({ tables }) => tables)
  t.deepEqual([...new Set(tables)].sort(), rows.map(({ name }) => name).sort())
  for (const { tables, rule, days } of promised) {
    for (const table of tables) {
      const applied = allRules.filter(({ name, tables }) => name === rule && tables.includes(table))
      t.is(applied.length > 0, !withoutRule.has(rule), `${table}: ${rule}`)
    }
    const kept = withoutRule.has(rule) ? '' : String(defaultRetentionDays[rule as keyof typeof defaultRetentionDays])
    t.is(days, kept, rule)
  }
  const stated = new Set(promised.flatMap(({ tables, rule }) => tables.map((table) => `${rule} ${table}`)))
  // The rule `bookings` deletes all that is left of an event, what other rules leave included.
  const leftovers = ['holds', 'hold_items', 'waiting_list', 'event_seats', 'event_rows']
  for (const { name, tables } of allRules) {
    for (const table of tables) {
      const isBooking = name === 'holds' && table === 'booking.bookings'
      const isLeftover = name === 'bookings' && leftovers.includes(table.slice('booking.'.length))
      t.true(isBooking || isLeftover || stated.has(`${name} ${table}`), `${name} ${table}`)
    }
  }
})

const rowsOf = async (eventId: string, tables: readonly string[]): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const table of tables) {
    counts[table] = (await db.query(`SELECT FROM booking.${table} WHERE event_id = $1`, [eventId])).length
  }
  return counts
}

/** Deletes what is due once the ended holds of an event ended so many days ago. */
async function deletedAfter(eventId: string, days: number): Promise<Record<string, number>> {
  await db.query(
    `UPDATE booking.holds SET ended_at = now() - $2::int * interval '1 day' WHERE event_id = $1 AND ended_at IS NOT NULL`,
    [eventId, days],
  )
  return deleteOld(db, bookingRetention, 'holds')
}

test.serial('an ended hold can be read for two days; then it and its items are gone: not_found', async (t) => {
  const eventId = await workers.openHouse({ areas: { Lawn: { capacity: 20 } } })
  const released = await workers.hold(eventId, [0, 1])
  await workers.release(released)
  const expired = await workers.hold(eventId, [2])
  await workers.letRunOut(expired)
  const live = await workers.hold(eventId, [3])
  const statusOf = async (hold: Hold) => (await workers.viewHold(hold)).status
  await sweepAll(db)
  t.deepEqual(await deletedAfter(eventId, 1), {})
  t.deepEqual([await statusOf(released), await statusOf(expired)], ['released', 'expired'])

  t.deepEqual(await deletedAfter(eventId, 2), { 'booking.hold_items': 3, 'booking.holds': 2 })
  for (const hold of [released, expired]) await assertRefused(t, workers.viewHold(hold), 'not_found')
  t.is(await statusOf(live), 'active')
})

test.serial('a place that the sweeper had to pass over is free before its hold is deleted', async (t) => {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 4 })
  const hold = await workers.hold(eventId, [0, 1])
  await workers.letRunOut(hold)
  await db.transaction(async (other) => {
    await lockSeats(other, eventId, [0])
    await sweepAll(db)
    t.deepEqual(await deletedAfter(eventId, 2), {}, 'somebody has locked a place of it')
  })
  const sql = 'SELECT state, hold_id FROM booking.event_seats WHERE event_id = $1 AND seat_no < 2 ORDER BY seat_no'
  const states = () => db.query(sql, [eventId])
  t.like((await states())[0], { state: 'held', hold_id: parsePublicId(hold.id)?.ownId })
  t.deepEqual(await deleteOld(db, bookingRetention, 'holds'), { 'booking.hold_items': 2, 'booking.holds': 1 })
  const free = { state: 'available', hold_id: null }
  t.deepEqual(await states(), [free, free])
  const [told] = await db.query<{ payload: { seats: unknown[] } }>(
    `SELECT payload FROM booking.outbox WHERE payload->>'hold_id' = $1 ORDER BY id DESC LIMIT 1`,
    [hold.id],
  )
  t.deepEqual(told?.payload.seats.length, 1)
})

test.serial('a booking that came to nothing goes with its hold; one sold or still to be paid stays', async (t) => {
  const eventId = await workers.openHouse()
  const holds = [await workers.hold(eventId, [0]), await workers.hold(eventId, [1])]
  const [declined = '', stillPaying] = await Promise.all(holds.map(workers.beginPayment))
  await workers.ask(returnHold, { booking_id: declined, attempt: 1 })
  const bought = await workers.buy(eventId, [2], 'cat')
  for (const hold of holds) await workers.letRunOut(hold)
  await sweepAll(db)
  const deleted = await deletedAfter(eventId, 900)
  t.deepEqual(deleted, { 'booking.bookings': 1, 'booking.hold_items': 1, 'booking.holds': 1 })
  t.deepEqual(await rowsOf(eventId, ['bookings', 'holds', 'hold_items']), { bookings: 2, holds: 2, hold_items: 2 })
  const [ofDeclined, ofPaying] = holds.map(({ user_id }) => user_id) as [string, string]
  await assertRefused(t, workers.viewBooking(declined, ofDeclined), 'not_found')
  t.is((await workers.viewBooking(stillPaying ?? '', ofPaying)).status, 'pending')
  t.is((await workers.viewBooking(bought, 'cat')).status, 'confirmed')
})

const endSale = (eventId: string, days: number) =>
  workers.setSale(eventId, { off_sale_at: new Date(Date.now() - days * 86_400_000).toISOString() })

test.serial('a year after the end of a sale its empty places are deleted; its bookings read as before', async (t) => {
  const eventId = await workers.openHouse({ rows: 3, seatsPerRow: 10, areas: { Lawn: { capacity: 20 } } })
  const bought = await workers.buy(eventId, [3, 4], 'ada')
  const { id: cancelled } = await workers.buyTickets(eventId, [12], 'bea')
  const cancellation = { booking_id: cancelled, refund_id: newId(), reason: 'organiser' as const }
  await workers.ask(cancelTickets, cancellation, { caller: { role: 'organiser', id: 'key' } })
  const read = async () => {
    const bookings = [await workers.viewBooking(bought, 'ada'), await workers.viewBooking(cancelled, 'bea')]
    return bookings.map(({ seq: _, ...booking }) => booking)
  }
  const before = await read()
  await endSale(eventId, 364)
  t.deepEqual(await deleteOld(db, bookingRetention, 'empty-places'), {})
  await endSale(eventId, 366)
  const deleted = await deleteOld(db, bookingRetention, 'empty-places', 5)
  t.deepEqual(deleted, { 'booking.event_seats': 27, 'booking.event_rows': 1 })
  t.deepEqual(await read(), before)
  t.deepEqual(await deleteOld(db, bookingRetention, 'empty-places'), {}, 'once is enough')
})

test.serial('ten years after a sale all that is left of it is deleted in small batches, no other event', async (t) => {
  const old = await workers.openHouse({ areas: { Lawn: { capacity: 20 } } })
  const young = await workers.openHouse()
  const ofPlaces = ['hold_items', 'holds', 'event_seats', 'event_rows']
  const tables = [...ofPlaces, 'tickets', 'booking_items', 'bookings', 'sale_log', 'sales']
  for (const eventId of [old, young]) {
    await workers.buy(eventId, [3, 4], 'ada')
    await workers.buy(eventId, [7], 'bea')
  }
  await endSale(old, 3_651)
  await endSale(young, 3_649)
  const kept = await rowsOf(young, tables)
  const [rule] = bookingRetention.filter(({ name }) => name === 'bookings')
  const batch = await rule?.remove(db, { days: defaultRetentionDays.bookings, limit: 5 })
  const deleted = Object.values(batch?.rows ?? {}).reduce((sum, rows) => sum + rows, 0)
  t.is(deleted, 5)
  t.is((await rowsOf(old, ['sales'])).sales, 1)
  await deleteOld(db, bookingRetention, 'bookings', 5)
  const left = await rowsOf(old, [...tables, 'areas', 'area_shards', 'price_tiers'])
  t.true(Object.values(left).every((rows) => rows === 0))
  t.deepEqual(await rowsOf(young, tables), kept)
})

/** Another database, without any row. */
async function emptyDatabase(t: ExecutionContext): Promise<Postgres> {
  const database = await createTestDatabase()
  const postgres = openPostgres(database.url)
  t.teardown(() => postgres.close().then(() => database.drop()))
  return postgres
}

test('payments that took nothing go after a month unless something of them is under way; money stays for twelve years', async (t) => {
  const books = await emptyDatabase(t)
  const insert = (status: string, days: number, more = '') =>
    books.query(
      `INSERT INTO purchase.payments (id, status, event_id, hold_id, user_id, idempotency_key, provider_key, booking_id, attempt,
         amount_minor, currency, captured_minor, failure, next_check_at, updated_at)
       SELECT $1, $2, $3, $4, 'ada', 'key', $5, $6, 1, 100, 'EUR', CASE $2 WHEN 'captured' THEN 100 ELSE 0 END,
         CASE $2 WHEN 'failed' THEN 'declined' END,
         ${more || 'NULL'}, now() - $7::int * interval '1 day'`,
      [newId(), status, newId(), newId(), newId(), newId(), days],
    )
  for (const days of [29, 31, 5_000]) {
    await insert('failed', days)
    await insert('voided', days)
    await insert('captured', days)
    await insert('failed', days, 'now()')
    await insert('authorising', days, 'now()')
  }
  await books.query(
    `INSERT INTO purchase.refunds (id, payment_id, event_id, booking_id, reason, requested_by, provider_key, status, amount_minor)
     SELECT $1, id, event_id, booking_id, 'buyer', 'ada', 'key', 'done', 100 FROM purchase.payments
     WHERE status = 'captured' ORDER BY updated_at LIMIT 1`,
    [newId()],
  )
  t.deepEqual(await deleteOld(books, purchaseRetention, 'failed-payments'), { 'purchase.payments': 4 })
  t.deepEqual(await deleteOld(books, purchaseRetention, 'payments'), { 'purchase.payments': 1, 'purchase.refunds': 1 })
  const left = await books.query(
    `SELECT status, next_check_at IS NOT NULL AS open, count(*) FROM purchase.payments GROUP BY 1, 2 ORDER BY 1, 2`,
  )
  t.deepEqual(left, [
    { status: 'authorising', open: true, count: 3 },
    { status: 'captured', open: false, count: 2 },
    { status: 'failed', open: false, count: 1 },
    { status: 'failed', open: true, count: 3 },
    { status: 'voided', open: false, count: 1 },
  ])
})

test('an event of ten years ago is deleted with its layout and prices', async (t) => {
  const catalogue = await emptyDatabase(t)
  const performer = newId()
  await catalogue.query(`INSERT INTO event.performers VALUES ($1, 'test', '1', 'Ada')`, [performer])
  for (const days of [3_649, 3_651]) {
    const id = newId()
    await catalogue.query(
      `INSERT INTO event.events (id, source, source_id, name, type, status, starts_on, max_tickets_per_user, folded_name,
         folded_performers, folded_venue, folded_city, folded_type, folded_description)
       VALUES ($1::uuid, 'test', $1::uuid::text, 'Evening', 'Music', 'published', current_date - $2::int, 8, 'evening', '', '', '', '', '')`,
      [id, days],
    )
    await catalogue.query(`INSERT INTO event.event_performers VALUES ($1, 0, $2)`, [id, performer])
    await catalogue.query(
      `INSERT INTO event.layouts (event_id, version, content_hash, layout, areas, category_prices_minor, currency)
      VALUES ($1, 1, '', '{}', '[]', '[]', 'EUR')`,
      [id],
    )
    await catalogue.query('UPDATE event.events SET layout_version = 1 WHERE id = $1', [id])
  }
  t.deepEqual(await deleteOld(catalogue, eventRetention, 'events'), {
    'event.layouts': 1,
    'event.event_performers': 1,
    'event.events': 1,
  })
})

test('a rule that fails delays no other; metrics show the rows deleted and the age of the oldest', async (t) => {
  const day = 86_400_000
  let left = 3
  const failing: RetentionRule = {
    name: 'outbox',
    tables: ['test.failing'],
    remove: () => Promise.reject(new Error('planted')),
    oldest: async () => null,
  }
  const working: RetentionRule = {
    name: 'holds',
    tables: ['test.rows'],
    async remove(_postgres, { days }) {
      t.is(days, defaultRetentionDays.holds)
      left -= 1
      return { rows: { 'test.rows': 500 }, isMore: left > 0 }
    },
    oldest: async () => new Date(Date.now() - day),
  }
  const metrics = new Metrics('test')
  const stop = startRetention({ postgres: db, metrics, log: silentLog }, defaultRetentionDays, [failing, working])
  const told = () => metrics.registry.metrics()
  await until('it ran', async () => /retention_oldest_age_seconds{.*rule="holds"/.test(await told()))
  await stop()
  t.regex(await told(), /retention_deleted_rows_total{.*table="test.rows".*} 1500/)
  t.regex(await told(), /retention_oldest_age_seconds{.*rule="holds".*} 864\d\d/)
  t.notRegex(await told(), /retention_oldest_age_seconds{.*rule="outbox"/)
})
