import { cp, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import pg from 'pg'
import { migrate } from '#shared/database/migrations.ts'
import { purchaseWorker } from '../../workers/purchase/purchase-worker.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { createTestDirectory } from '../support/servers.ts'

let database: TestDatabase
let client: pg.Client
test.before(async () => {
  database = await createTestDatabase({ empty: true })
  client = new pg.Client(database.url)
  await client.connect()
})
test.after.always(async () => {
  await client?.end()
  await database?.drop()
})

/** Runs the purchase worker's migrations whose names sort before this one. */
async function migrateUntil(end: string): Promise<void> {
  const { migrationsDirectory: all } = purchaseWorker
  const directory = join(await createTestDirectory('migrations'), end)
  await mkdir(directory)
  for (const name of (await readdir(all)).filter((each) => each < end)) await cp(join(all, name), join(directory, name))
  await migrate(client, { schema: 'purchase', directory })
}

/** Failed payments as they were written before they said why, and what each is then. */
const earlier = [
  { booking: false, code: null, version: 2, failure: 'refused', codeThen: null, isDue: false },
  { booking: true, code: null, version: 3, failure: 'not_asked', codeThen: null, isDue: false },
  { booking: true, code: 'not_authorised', version: 4, failure: 'not_authorised', codeThen: null, isDue: false },
  { booking: true, code: 'card_declined', version: 3, failure: 'declined', codeThen: 'card_declined', isDue: false },
  {
    booking: true,
    code: 'capture_refused',
    version: 5,
    failure: 'capture_refused',
    codeThen: 'capture_refused',
    isDue: false,
  },
  // Declined at once: its hold was never returned, so somebody has to look again.
  { booking: true, code: 'capture_refused', version: 3, failure: 'declined', codeThen: 'capture_refused', isDue: true },
]

test('payments that failed earlier say why, too, and a hold that was never returned is returned', async (t) => {
  await migrateUntil('006')
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
  await migrateUntil('999')
  const { rows } = await client.query(
    `SELECT failure, decline_code AS "codeThen", next_check_at IS NOT NULL AS "isDue" FROM purchase.payments
     ORDER BY idempotency_key`,
  )
  t.deepEqual(
    rows,
    earlier.map(({ failure, codeThen, isDue }) => ({ failure, codeThen, isDue })),
  )
  const inbox = await client.query('SELECT body FROM purchase.provider_inbox')
  t.deepEqual(inbox.rows, [{ body: '{"id": "1"}' }])
})
