import { randomUUID } from 'node:crypto'
import { cp, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import pg from 'pg'
import { migrate } from '#shared/database/migrations.ts'
import type { Database } from '#shared/database/postgres.ts'
import { purchaseWorker } from '../../workers/purchase/purchase-worker.ts'
import { findPaymentByKey, lockPaymentByKey } from '../../workers/purchase/store/payments.ts'
import { createTestDatabase } from '../support/database.ts'
import { forFile } from '../support/for-file.ts'
import { openPostgres } from '../support/open-postgres.ts'
import { createTestDirectory } from '../support/servers.ts'

const database = forFile(() => createTestDatabase())
const db = forFile(async () => openPostgres(database.url))

test.before(async () => {
  // As many as make a difference, one in four of them failed.
  await db.query(
    `INSERT INTO purchase.payments (id, event_id, hold_id, user_id, idempotency_key, provider_key, status, failure,
       next_check_at)
     SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'user', number, 'key-' || number,
       CASE WHEN number % 4 = 0 THEN 'failed' ELSE 'created' END, CASE WHEN number % 4 = 0 THEN 'refused' END,
       CASE WHEN number % 4 <> 0 THEN now() END
     FROM generate_series(1, 20000) AS number`,
  )
  await db.query('ANALYZE purchase.payments')
})

type Lookup = (db: Database, providerKey: string) => Promise<unknown>

/** How Postgres carries the statement of a lookup out, planned once for all keys, as for a worker. */
async function planOf(lookup: Lookup): Promise<string> {
  const statements: string[] = []
  const recorder: Database = {
    query: async (text) => {
      statements.push(text)
      return []
    },
    execute: () => Promise.reject(new Error('a lookup asks')),
  }
  await lookup(recorder, randomUUID())
  const [statement, ...more] = statements
  if (statement === undefined || more.length > 0) throw new Error(`${statements.length} statements`)
  return db.transaction(
    async (within) => {
      await within.query(`PREPARE lookup AS ${statement}`)
      const lines = await within.query<{ 'QUERY PLAN': string }>(`EXPLAIN EXECUTE lookup('key-1')`)
      await within.query('DEALLOCATE lookup')
      return lines.map((line) => line['QUERY PLAN']).join('\n')
    },
    { settings: { plan_cache_mode: 'force_generic_plan' } },
  )
}

for (const lookup of [findPaymentByKey, lockPaymentByKey]) {
  test(`${lookup.name}: among many payments the one with a key is found by an index`, async (t) => {
    const plan = await planOf(lookup)
    t.regex(plan, /payments_by_key/)
    t.regex(plan, /Index Cond: \(provider_key = \$1\)/)
    t.notRegex(plan, /Seq Scan/)
  })
}

/** Runs the purchase worker's migrations whose names sort before this one. */
async function migrateUntil(client: pg.Client, end: string): Promise<void> {
  const { migrationsDirectory: all } = purchaseWorker
  const directory = join(await createTestDirectory('migrations'), end)
  await mkdir(directory)
  for (const name of (await readdir(all)).filter((each) => each < end)) await cp(join(all, name), join(directory, name))
  await migrate(client, { schema: 'purchase', directory })
}

const refused = { booking: true, code: 'capture_refused', codeThen: 'capture_refused' }
/** Failed payments as they were written before they said why, and what each is then. */
const earlier = [
  { booking: false, code: null, version: 2, failure: 'refused', codeThen: null, isDue: false },
  { booking: true, code: null, version: 3, failure: 'not_asked', codeThen: null, isDue: false },
  { booking: true, code: 'not_authorised', version: 4, failure: 'not_authorised', codeThen: null, isDue: false },
  { booking: true, code: 'card_declined', version: 3, failure: 'declined', codeThen: 'card_declined', isDue: false },
  { ...refused, version: 5, failure: 'capture_refused', isDue: false },
  // Declined at once: its hold was never returned, so somebody has to look again.
  { ...refused, version: 3, failure: 'declined', isDue: true },
]

test('payments that failed earlier say why, too, and a hold that was never returned is returned', async (t) => {
  const empty = await createTestDatabase({ empty: true })
  t.teardown(() => empty.drop())
  const client = new pg.Client(empty.url)
  await client.connect()
  t.teardown(() => client.end())
  await migrateUntil(client, '006')
  for (const [number, { booking, code, version }] of earlier.entries()) {
    await client.query(
      `INSERT INTO purchase.payments (id, event_id, hold_id, user_id, idempotency_key, provider_key, status, version,
         decline_code, booking_id, attempt, amount_minor, currency)
       SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'user', $1, $1, 'failed', $2, $3,
         CASE WHEN $4 THEN gen_random_uuid() END, CASE WHEN $4 THEN 1 END, CASE WHEN $4 THEN 5000 END,
         CASE WHEN $4 THEN 'EUR' END`,
      [String(number), version, code, booking],
    )
  }
  await client.query(
    `INSERT INTO purchase.provider_inbox (provider, provider_event_id, body) VALUES ('sandbox', '1', '{"id": "1"}')`,
  )
  await migrateUntil(client, '999')
  const { rows } = await client.query(
    `SELECT failure, decline_code AS "codeThen", next_check_at IS NOT NULL AS "isDue" FROM purchase.payments
     ORDER BY idempotency_key`,
  )
  const expected = earlier.map(({ failure, codeThen, isDue }) => ({ failure, codeThen, isDue }))
  t.deepEqual(rows, expected)
  const inbox = await client.query('SELECT body FROM purchase.provider_inbox')
  t.deepEqual(inbox.rows, [{ body: '{"id": "1"}' }])
})
