import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import pg from 'pg'
import { migrate, pendingMigrations } from '#shared/database/migrations.ts'
import { migrateAll } from '../../infra/ops/migrate.ts'
import { createTestDatabase } from '../support/database.ts'
import { createTestDirectory } from '../support/servers.ts'

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
