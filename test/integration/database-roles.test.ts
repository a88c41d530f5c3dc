import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import pg from 'pg'
import { migrate, pendingMigrations } from '#shared/database/migrations.ts'
import { type DatabaseUser, databaseUsers } from '#shared/process/config.ts'
import { migrateAll } from '../../infra/ops/migrate.ts'
import { refreshStatistics } from '../../workers/event/store/refresh-statistics.ts'
import { createTestDatabase } from '../support/database.ts'
import { forFile } from '../support/for-file.ts'
import { openPostgres } from '../support/open-postgres.ts'
import { createTestDirectory } from '../support/servers.ts'

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

async function prepare(t: ExecutionContext, files: Record<string, string>) {
  const database = await createTestDatabase({ empty: true })
  const pool = new pg.Pool({ connectionString: database.url, max: 4 })
  t.teardown(async () => {
    await pool.end()
    await database.drop()
  })
  const directory = await createTestDirectory('migrations')
  const write = async (name: string, sql: string): Promise<void> => writeFile(join(directory, name), sql)
  for (const [name, sql] of Object.entries(files)) await write(name, sql)
  const db = {
    async query<Row>(text: string, values: readonly unknown[] = []) {
      return (await pool.query(text, [...values])).rows as Row[]
    },
  }
  const set = { schema: 'shop', directory }
  const migrateShop = async (): Promise<string[]> => {
    const client = await pool.connect()
    return migrate(client, set).finally(() => client.release())
  }
  return { url: database.url, db, directory, write, set, migrateShop }
}

const twoFiles = {
  '001-shelves.sql': 'CREATE TABLE shop.shelves (id int PRIMARY KEY)',
  '002-books.sql': 'CREATE TABLE shop.books (shelf int REFERENCES shop.shelves); INSERT INTO shop.shelves VALUES (1)',
}

test('migrations run once, in the order of their numbers', async (t) => {
  const { migrateShop, db, set, write } = await prepare(t, twoFiles)
  t.deepEqual(await pendingMigrations(db, set), ['001-shelves.sql', '002-books.sql'])
  t.deepEqual(await migrateShop(), ['001-shelves.sql', '002-books.sql'])
  t.deepEqual(await migrateShop(), [])
  t.deepEqual(await pendingMigrations(db, set), [])
  await write('003-more.sql', 'INSERT INTO shop.shelves VALUES (2)')
  t.deepEqual(await pendingMigrations(db, set), ['003-more.sql'])
  t.deepEqual(await migrateShop(), ['003-more.sql'])
})

test('many processes may migrate at once: each migration runs in one of them', async (t) => {
  const { migrateShop } = await prepare(t, twoFiles)
  const runs = await Promise.all(Array.from({ length: 4 }, migrateShop))
  t.deepEqual(runs.flat().sort(), ['001-shelves.sql', '002-books.sql'])
})

test('a migration that fails leaves nothing behind, and those before it stay', async (t) => {
  const { migrateShop, db, write } = await prepare(t, {
    ...twoFiles,
    '003-broken.sql': 'CREATE TABLE shop.half (id int); SELECT 1 / 0',
  })
  await t.throwsAsync(migrateShop(), { message: 'migration shop/003-broken.sql failed' })
  t.deepEqual(await db.query("SELECT to_regclass('shop.half') AS half"), [{ half: null }])
  await write('003-broken.sql', 'CREATE TABLE shop.half (id int)')
  t.deepEqual(await migrateShop(), ['003-broken.sql'])
})

test('a migration that was edited after it ran is refused, by the runner and by the workers', async (t) => {
  const { migrateShop, db, set, write } = await prepare(t, twoFiles)
  await migrateShop()
  await write('001-shelves.sql', 'CREATE TABLE shop.shelves (id bigint PRIMARY KEY)')
  await t.throwsAsync(migrateShop(), { message: /001-shelves\.sql has changed since it ran on this database/ })
  await t.throwsAsync(pendingMigrations(db, set), { message: /has changed since it ran/ })
})

test('wrong names, duplicate numbers and late migrations are refused before anything runs', async (t) => {
  const { migrateShop, db, directory, write } = await prepare(t, { '02-short.sql': 'SELECT 1' })
  await t.throwsAsync(migrateShop(), { message: /named like 001-name\.sql/ })
  await rm(join(directory, '02-short.sql'))
  await write('002-a.sql', 'CREATE TABLE shop.a ()')
  await write('002-b.sql', 'CREATE TABLE shop.b ()')
  await t.throwsAsync(migrateShop(), { message: /two migrations have the number 002/ })
  t.deepEqual(await db.query("SELECT to_regnamespace('shop') AS shop"), [{ shop: null }])
  await rm(join(directory, '002-b.sql'))
  await migrateShop()
  await write('001-late.sql', 'SELECT 1')
  await t.throwsAsync(migrateShop(), { message: /001-late\.sql sorts before 002-a\.sql/ })
})

test("the project's own migrations run on an empty database, and again change nothing", async (t) => {
  const { url } = await prepare(t, {})
  t.true((await migrateAll(url)).length > 0)
  t.deepEqual(await migrateAll(url), [])
})
