import test from 'ava'
import pg from 'pg'
import { type DatabaseUser, databaseUsers } from '#shared/process/config.ts'
import { refreshStatistics } from '../../workers/event/store/refresh-statistics.ts'
import { createTestDatabase } from '../support/database.ts'
import { forFile } from '../support/for-file.ts'
import { openPostgres } from '../support/open-postgres.ts'

const database = forFile(() => createTestDatabase())

const aTableOf = {
  event: 'event.events',
  booking: 'booking.tickets',
  purchase: 'purchase.payments',
  sandbox: 'sandbox.charges',
} as const
const schemas = Object.keys(aTableOf) as (keyof typeof aTableOf)[]
const refused = '42501'

/** The code of PostgreSQL's refusal; `null` where it did as it was told. Nothing is kept. */
async function outcome(user: DatabaseUser, statement: string): Promise<string | null> {
  const client = new pg.Client({ connectionString: database.urls[user] })
  await client.connect()
  try {
    await client.query(`BEGIN; ${statement}; ROLLBACK`)
    return null
  } catch (error) {
    return (error as pg.DatabaseError).code ?? 'no answer'
  } finally {
    await client.end()
  }
}

for (const user of schemas) {
  test(`the ${user} role reads and writes its own schema, and cannot read another`, async (t) => {
    t.is(await outcome(user, `SELECT FROM ${aTableOf[user]}; DELETE FROM ${aTableOf[user]}`), null)
    t.is(await outcome(user, `SELECT FROM ${user}.schema_migrations`), null)
    for (const other of schemas.filter((each) => each !== user)) {
      t.is(await outcome(user, `SELECT FROM ${aTableOf[other]}`), refused, other)
    }
  })

  test(`the ${user} role changes no table's form and no record of migrations`, async (t) => {
    t.is(await outcome(user, `CREATE TABLE ${user}.extra ()`), refused)
    t.is(await outcome(user, `ALTER TABLE ${aTableOf[user]} ADD COLUMN extra int`), refused)
    t.is(await outcome(user, `DELETE FROM ${user}.schema_migrations`), refused)
  })
}

test('the auditor role reads what the workers keep, and can change nothing', async (t) => {
  for (const schema of ['event', 'booking', 'purchase'] as const) {
    t.is(await outcome('auditor', `SELECT FROM ${aTableOf[schema]}`), null)
    t.is(await outcome('auditor', `DELETE FROM ${aTableOf[schema]}`), refused)
  }
})

for (const user of databaseUsers) {
  test(`the ${user} role is no superuser: it runs no program, reads no file and makes no role`, async (t) => {
    t.is(await outcome(user, `CREATE TEMP TABLE said (line text); COPY said FROM PROGRAM 'id'`), refused)
    t.is(await outcome(user, `CREATE TEMP TABLE said (line text); COPY said TO PROGRAM 'cat'`), refused)
    t.is(await outcome(user, `SELECT pg_read_file('/etc/hostname')`), refused)
    t.is(await outcome(user, 'CREATE ROLE another SUPERUSER'), refused)
    t.is(await outcome(user, 'SET ROLE ticketing'), refused)
  })
}

test('the event role refreshes the statistics of the tables that an import has filled', async (t) => {
  const own = openPostgres(database.urls.event)
  t.teardown(() => own.close())
  await own.execute(`INSERT INTO event.performers (id, source, source_id, name)
                     SELECT gen_random_uuid(), 'test', n, 'Performer ' || n FROM generate_series(1, 2000) AS n`)
  await refreshStatistics(own)
  const [performers] = await own.query<{ rows: number }>(
    `SELECT reltuples AS rows FROM pg_class WHERE oid = 'event.performers'::regclass`,
  )
  t.is(performers?.rows, 2_000)
})
