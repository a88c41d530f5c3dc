import test from 'ava'
import pg from 'pg'
import { newId } from '#shared/ids.ts'
import { createLogger } from '#shared/observability/log.ts'
import { Metrics } from '#shared/observability/metrics.ts'
import { type AuditOptions, audit, auditQuery } from '../../infra/ops/audit/audit.ts'
import { Auditor } from '../../infra/ops/audit/auditor.ts'
import { allInvariants } from '../../infra/ops/audit/invariants/all-invariants.ts'
import { auditMetrics } from '../../infra/ops/audit/metrics.ts'
import { findWatchedEvents, openOrChanged } from '../../infra/ops/audit/watched-events.ts'
import { bookingRetention } from '../../workers/booking/retention.ts'
import { purchaseRetention } from '../../workers/purchase/retention.ts'
import { deleteOld } from '../support/delete-old.ts'
import { forFile } from '../support/for-file.ts'
import { ask, eventOnSale } from '../support/http.ts'
import { openPostgres } from '../support/open-postgres.ts'
import { startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

const system = forFile(() => startSystem({ env: { RATE_LIMITS: 'off', SWEEPER: 'off' } }))
const db = forFile(async () => openPostgres(system.databaseUrl))

const hourMs = 3_600_000
const books = () => ({ databaseUrl: system.databaseUrl, paymentUrl: system.paymentUrl })

type Scope = Pick<AuditOptions, 'windowMs' | 'watchedForMs' | 'bookingsKeptDays'>

/** What an audit finds: `I5 every hold …`. */
async function violated(options: Scope): Promise<string[]> {
  const { results } = await audit({ ...books(), ...options })
  return results.flatMap(({ invariant, says, violations, checked }) =>
    violations > 0 || !checked ? [`${invariant} ${says}`] : [],
  )
}

async function buy(eventId: string, userId: string, wish: object): Promise<void> {
  const { status, text } = await ask(`${system.url}/purchase`, {
    json: { event_id: eventId, ...wish, payment_token: 'tok_ok', user_id: userId },
  })
  if (status !== 201) throw new Error(text)
}

const untilNothingIsOpen = () =>
  until('nothing is open', async () => {
    const open = await db.query(
      `SELECT FROM purchase.payments WHERE next_check_at IS NOT NULL UNION ALL
       SELECT FROM purchase.refunds WHERE next_check_at IS NOT NULL UNION ALL
       SELECT FROM booking.outbox WHERE published_at IS NULL`,
    )
    return open.length === 0
  })

/** Makes all that there is look as if it had happened so much earlier. */
async function age(interval: string): Promise<void> {
  for (const [table, ...columns] of [
    ['booking.sale_log', 'at'],
    ['booking.sales', 'changed_at'],
    ['booking.outbox', 'created_at', 'published_at'],
    ['booking.holds', 'created_at', 'ended_at'],
    ['booking.bookings', 'created_at', 'confirmed_at'],
    ['purchase.payments', 'created_at', 'updated_at'],
    ['purchase.refunds', 'created_at', 'updated_at'],
    ['purchase.event_refunds', 'started_at', 'finished_at'],
    ['sandbox.charges', 'changed_at'],
  ]) {
    await db.query(
      `UPDATE ${table} SET ${columns.map((column) => `${column} = ${column} - interval '${interval}'`).join(', ')}`,
    )
  }
}

test.serial('the auditor finds nothing wrong in what retention left', async (t) => {
  const eventId = await eventOnSale(system.url)
  await buy(eventId, 'ada', { seat_nos: [0, 1] })
  await ask(`${system.url}/purchase`, {
    json: { event_id: eventId, seat_nos: [5], payment_token: 'tok_declined', user_id: 'bea' },
  })
  const held = await ask(`${system.url}/events/${eventId}/holds`, { json: { seat_nos: [8], user_id: 'cat' } })
  await ask(`${system.url}/holds/${held.body.id}`, {
    method: 'DELETE',
    headers: { 'content-type': 'application/json' },
  })
  await untilNothingIsOpen()
  await db.query(`UPDATE booking.holds SET status = 'expired', ended_at = now() WHERE status = 'active'`)
  await db.query(`UPDATE booking.bookings SET status = 'expired' WHERE status = 'pending'`)
  await age('400 days')
  await db.query(
    `UPDATE booking.sales SET on_sale_at = NULL, off_sale_at = now() - interval '366 days' WHERE event_id = $1`,
    [eventId],
  )
  const holds = await deleteOld(db, bookingRetention, 'holds')
  t.true((holds['booking.holds'] ?? 0) >= 2 && (holds['booking.bookings'] ?? 0) >= 1, JSON.stringify(holds))
  t.like(await deleteOld(db, purchaseRetention, 'failed-payments'), { 'purchase.payments': 1 })
  t.true(((await deleteOld(db, bookingRetention, 'empty-places'))['booking.event_seats'] ?? 0) > 0)
  t.deepEqual(await violated({}), [])
  await db.query(`UPDATE booking.sales SET off_sale_at = now() - interval '11 years' WHERE event_id = $1`, [eventId])
  const batch = await bookingRetention.find(({ name }) => name === 'bookings')?.remove(db, { days: 3_650, limit: 2 })
  t.is(batch?.rows['booking.tickets'], 2)
  t.deepEqual(await violated({}), [], 'while it is being deleted')
  t.not((await violated({ bookingsKeptDays: 5_000 })).length, 0, 'an event that is kept')
  await deleteOld(db, bookingRetention, 'bookings')
  t.deepEqual(await violated({}), [], 'money outlives its bookings')
})

/** Rows that Postgres reads for the invariants and to find the events of the last hour. */
async function rowsRead(): Promise<number> {
  const client = new pg.Client({ connectionString: system.databaseUrl })
  await client.connect()
  const rowsOf = async (query: string, values: unknown[]): Promise<number> => {
    const { rows } = await client.query(`EXPLAIN (ANALYZE, TIMING off, FORMAT json) ${query}`, values)
    return rowsOfPlan(rows[0]['QUERY PLAN'][0].Plan)
  }
  try {
    // A table of a few pages is read whole where that is quicker: what counts is that it need not be.
    await client.query('SET enable_seqscan = off')
    const since = new Date(Date.now() - hourMs)
    const eventIds = await findWatchedEvents(client, since, 3_650)
    let sum = await rowsOf(openOrChanged, [since])
    for (const invariant of allInvariants.filter(({ id }) => id !== 'fences')) {
      sum += await rowsOf(auditQuery(invariant), [eventIds, null])
    }
    return sum
  } finally {
    await client.end()
  }
}

interface Plan {
  readonly 'Node Type': string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly Plans?: readonly Plan[]
}

function rowsOfPlan(plan: Plan): number {
  const own = /Seq Scan|Index.* Scan|Bitmap Heap Scan/.test(plan['Node Type'])
    ? (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops']
    : 0
  return own + (plan.Plans ?? []).reduce((sum, child) => sum + rowsOfPlan(child), 0)
}

test.serial('what an audit reads does not grow with the number of events that are over', async (t) => {
  const eventId = await eventOnSale(system.url)
  await buy(eventId, 'dan', { seat_nos: [0, 1] })
  await untilNothingIsOpen()
  /** Sold-out events of two days ago, with ten bookings of one seat each, all paid. */
  const addPast = (events: number) =>
    db.transaction(async (own) => {
      await own.query(
        `CREATE TEMP TABLE past ON COMMIT DROP AS SELECT event.id AS event_id, gen_random_uuid() AS booking_id,
           gen_random_uuid() AS hold_id, gen_random_uuid() AS item_id, gen_random_uuid() AS ticket_id, seat_no
         FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, ${events}) OFFSET 0) AS event, generate_series(0, 2) AS seat_no`,
      )
      for (const sql of [
        `INSERT INTO booking.sales (event_id, version, hold_ttl, hold_hard_cap, max_tickets_per_user, currency, changed_at)
         SELECT DISTINCT event_id, 1, interval '1 minute', interval '1 hour', 8, 'EUR', now() - interval '2 days' FROM past`,
        `INSERT INTO booking.event_rows SELECT DISTINCT event_id, 0, 'Stalls', 'A', 0, 10 FROM past`,
        `INSERT INTO booking.areas SELECT DISTINCT event_id, 0, 'Lawn', 10, 100 FROM past`,
        `INSERT INTO booking.area_shards (event_id, area_no, shard, capacity) SELECT DISTINCT event_id, 0, 0, 10 FROM past`,
        `INSERT INTO booking.event_seats (event_id, seat_no, row_no, label, price_minor, state, booking_id)
         SELECT event_id, seat_no, 0, '1', 100, 'sold', booking_id FROM past`,
        `INSERT INTO booking.holds (event_id, id, user_id, status, active_until, expires_at, hard_cap_at, ended_at)
         SELECT event_id, hold_id, 'user', 'converted', now(), now(), now(), now() - interval '2 days' FROM past`,
        `INSERT INTO booking.hold_items (event_id, hold_id, seat_no, price_minor) SELECT event_id, hold_id, seat_no, 100 FROM past`,
        `INSERT INTO booking.bookings (event_id, id, user_id, hold_id, status, total_minor, currency, created_at, confirmed_at,
           payment_status, captured_minor)
         SELECT event_id, booking_id, 'user' || seat_no, hold_id, 'confirmed', 100, 'EUR', now() - interval '2 days', now(),
           'captured', 100 FROM past`,
        `INSERT INTO booking.booking_items (event_id, id, booking_id, seat_no, price_minor)
         SELECT event_id, item_id, booking_id, seat_no, 100 FROM past`,
        `INSERT INTO booking.tickets (event_id, id, booking_id, item_id) SELECT event_id, ticket_id, booking_id, item_id FROM past`,
        `INSERT INTO booking.sale_log (event_id, id, at, what, origin, booking_id, places, amount_minor, request_id)
         SELECT event_id, item_id, now() - interval '2 days', 'sold', 'purchase', booking_id, 1, 100, 'past' FROM past`,
        `INSERT INTO purchase.payments (id, status, event_id, hold_id, user_id, idempotency_key, provider_key, booking_id, attempt,
           amount_minor, currency, captured_minor, updated_at)
         SELECT booking_id, 'captured', event_id, hold_id, 'user', 'key', booking_id, booking_id, 1, 100, 'EUR', 100,
           now() - interval '2 days' FROM past`,
      ])
        await own.query(sql)
    })
  const counts: number[] = []
  for (const events of [600, 1_200]) {
    await addPast(events)
    await db.query('ANALYZE')
    counts.push(await rowsRead())
  }
  const [before = 0, after = 0] = counts
  // A row or two of the purchase may come between; each of 600 more events would add some.
  t.true(after < before + 100 && before < 1_000, `${before} rows, then ${after}`)
  t.deepEqual(await violated({ windowMs: hourMs }), [])
})

test.serial('a violation is found in the window, and by a full audit for ever', async (t) => {
  const eventId = await eventOnSale(system.url)
  await buy(eventId, 'eve', { seat_nos: [3] })
  await untilNothingIsOpen()
  await db.query(
    `UPDATE booking.event_seats SET state = 'available', booking_id = NULL WHERE event_id = $1 AND seat_no = 3`,
    [eventId],
  )
  const found = 'I2 a live item of a seat belongs to a confirmed booking, and its seat is sold to that'
  t.deepEqual(await violated({ windowMs: hourMs }), [found])
  await age('2 days')
  t.deepEqual(await violated({ windowMs: hourMs }), [])
  t.true((await violated({})).includes(found))
})

test.serial('after a long stop nothing counts as overdue until the system has been back for a while', async (t) => {
  await db.query(
    `INSERT INTO booking.holds (event_id, id, user_id, active_until, expires_at, hard_cap_at)
   SELECT event_id, $1, 'sleeper', now() - interval '1 hour', now() - interval '1 hour', now() FROM booking.sales LIMIT 1`,
    [newId()],
  )
  await db.query(
    `INSERT INTO booking.outbox (id, subject, payload, created_at, published_at)
   VALUES ($1, 'ticketing.fact.hold.x.y', '{}', now() - interval '1 hour', NULL)`,
    [newId()],
  )
  const overdue = (says: string): boolean => /^(I5|I18)/.test(says)
  t.deepEqual((await violated({ windowMs: hourMs, watchedForMs: 50_000 })).filter(overdue), [])
  const late = (await violated({ windowMs: hourMs, watchedForMs: 70_000 })).filter(overdue)
  t.regex(late.join(), /I5 every hold ends/)

  const metrics = auditMetrics(new Metrics('test'))
  const log = createLogger({ name: 'auditor', instance: 'test', level: 'fatal' })
  const auditor = new Auditor({ ...books(), everyMs: 100_000, metrics, log })
  await until('it has audited', () => auditor.view.checked_at !== null)
  await auditor.stop()
  const found = auditor.view.items.filter(({ invariant, violations }) => overdue(invariant) && violations > 0)
  t.deepEqual(found, [], 'an auditor that has just begun')
})
