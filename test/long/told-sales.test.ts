import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { setSale } from '#shared/contracts/stock.ts'
import { Bus } from '#shared/messaging/bus.ts'
import { projectRoot } from '../../infra/config.ts'
import { migrateAll } from '../../infra/ops/migrate.ts'
import { askWorker } from '../support/asking.ts'
import { ask, eventOnSale } from '../support/http.ts'
import { openPostgres } from '../support/open-postgres.ts'
import { startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

test('a sale that was stored without an end gets that of its event once the database is migrated', async (t) => {
  const system = await startSystem({ counts: { purchase: 0, sandbox: 0 } })
  t.teardown(() => system.stop())
  const db = openPostgres(system.databaseUrl)
  t.teardown(() => db.close())
  const bus = await Bus.connect({ url: system.natsUrls.operator, name: 'test', timeoutMs: 5_000 })
  t.teardown(() => bus.close())

  // As an earlier version has left it: an event of yesterday, on sale for ever.
  const moved = await eventOnSale(system.url)
  const eventId = await eventOnSale(system.url)
  await askWorker(bus, setSale, { event_id: eventId, status: 'on_sale', on_sale_at: null, off_sale_at: null })
  await db.query(`UPDATE event.events SET starts_on = starts_on - 31, starts_at = starts_at - interval '31 days'`)
  // And one that its source has postponed to before the sale would have opened.
  await db.query(`UPDATE event.events SET status = 'postponed', on_sale_at = now() WHERE id = $1`, [moved])
  await Promise.all(system.processes('event').map((worker) => worker.stop()))
  await db.query('DROP TABLE event.sales_to_tell')
  const migration = await readFile(join(projectRoot, 'workers/event/migrations/006-sales-end.sql'), 'utf8')
  for (const statement of migration.split(';\n\n')) await db.query(statement)
  // Gives the workers their rights.
  await migrateAll(system.databaseUrl)

  await system.start('event')
  await until('booking knows the end', async () => {
    const told = await db.query('SELECT FROM booking.sales WHERE off_sale_at < now()')
    const [waiting] = await db.query('SELECT FROM event.sales_to_tell')
    return told.length === 2 && waiting === undefined
  })
  const late = await ask(`${system.url}/events/${eventId}/holds`, {
    json: { user_id: 'late', best_available: { qty: 1 } },
  })
  t.like(late, { status: 409, body: { code: 'sale_closed' } }, late.text)
})
