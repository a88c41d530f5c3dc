import { randomUUID } from 'node:crypto'
import test from 'ava'
import type { Database } from '#shared/database/postgres.ts'
import { findPaymentByKey, lockPaymentByKey } from '../../workers/purchase/store/payments.ts'
import { createTestDatabase } from '../support/database.ts'
import { forFile } from '../support/for-file.ts'
import { openPostgres } from '../support/open-postgres.ts'

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
