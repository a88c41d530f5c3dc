import test from 'ava'
import type { Database } from '#shared/database/postgres.ts'
import { keepLocksOnSuccess } from '../../workers/booking/store/savepoint.ts'
import { createTestDatabase } from '../support/database.ts'
import { forFile } from '../support/for-file.ts'
import { openPostgres } from '../support/open-postgres.ts'

const database = forFile(() => createTestDatabase({ empty: true }))
const postgres = forFile(async () => openPostgres(database.url))
const other = forFile(async () => openPostgres(database.url))

test.before(async () => {
  await postgres.query('CREATE TABLE notes (id int PRIMARY KEY, text text)')
})

const notes = async (): Promise<unknown[]> =>
  (await other.query<{ text: string }>('SELECT text FROM notes ORDER BY id')).map(({ text }) => text)
const write = (db: Database, id: number, text: string): Promise<unknown> =>
  db.query('INSERT INTO notes VALUES ($1, $2)', [id, text])

test.beforeEach(async () => {
  await postgres.query('TRUNCATE notes')
})

test.serial('statements sent at once run in the order of the calls', async (t) => {
  const seen = await postgres.transaction(async (db) => {
    const answers = await Promise.all([
      write(db, 1, 'one'),
      db.query<{ text: string }>('SELECT text FROM notes ORDER BY id'),
      write(db, 2, 'two'),
      db.query<{ text: string }>('SELECT text FROM notes ORDER BY id'),
    ])
    return [answers[1].length, answers[3].length]
  })
  t.deepEqual(seen, [1, 2])
  t.deepEqual(await notes(), ['one', 'two'])
})

test.serial('when one of several statements sent at once fails, none is committed', async (t) => {
  const failing = postgres.transaction((db) =>
    Promise.all([write(db, 1, 'one'), write(db, 1, 'again'), write(db, 2, 'two')]),
  )
  await t.throwsAsync(failing, { message: /duplicate key/ })
  t.deepEqual(await notes(), [])
  await postgres.transaction((db) => write(db, 1, 'one'))
  t.deepEqual(await notes(), ['one'])
})

test.serial('a transaction whose connection the server ends runs once more, and is committed once', async (t) => {
  let runs = 0
  await postgres.transaction(async (db) => {
    runs += 1
    await write(db, 1, `run ${runs}`)
    if (runs > 1) return
    const [session] = await db.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    await other.query('SELECT pg_terminate_backend($1)', [session?.pid])
    await db.query('SELECT pg_sleep(1)')
  })
  t.is(runs, 2)
  t.deepEqual(await notes(), ['run 2'])
})

test.serial('so does one whose connection ends within a savepoint, or during its last statement', async (t) => {
  const endOf = async (db: Database): Promise<void> => {
    const [session] = await db.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    setTimeout(() => other.query('SELECT pg_terminate_backend($1)', [session?.pid]), 50)
  }
  const fatal: ((db: Database) => Promise<unknown>)[] = [
    (db) => keepLocksOnSuccess(db, () => db.query('SELECT pg_sleep(1)')),
    (db) => db.execute('SELECT pg_sleep(1)'),
  ]
  for (const [id, lastStatement] of fatal.entries()) {
    let runs = 0
    await postgres.transaction(async (db) => {
      runs += 1
      await write(db, id, 'once')
      if (runs > 1) return
      await endOf(db)
      await lastStatement(db)
    })
    t.is(runs, 2)
  }
  t.deepEqual(await notes(), ['once', 'once'])
})

test.serial('the settings of a transaction end with it', async (t) => {
  const sort = (db: Database) => db.query<{ enable_sort: string }>('SHOW enable_sort')
  const settings = { enable_sort: 'off' }
  t.deepEqual(await postgres.transaction(sort, { settings }), [{ enable_sort: 'off' }])
  t.deepEqual(await postgres.transaction(sort), [{ enable_sort: 'on' }])
})

test.serial('statements with their own connections and transactions do not block each other', async (t) => {
  const divided = openPostgres(database.url, { maxConnections: 1, readConnections: 1 })
  t.teardown(() => divided.close())
  await write(other, 1, 'one')
  const change = (db: Database, text: string) => db.query('UPDATE notes SET text = $1 WHERE id = 1', [text])
  let waiting: Promise<unknown> | undefined
  await other.transaction(async (db) => {
    await change(db, 'locked')
    waiting = divided.transaction((blocked) => change(blocked, 'by a transaction'))
    t.deepEqual(await divided.query('SELECT 1 AS one'), [{ one: 1 }])
  })
  await waiting
  t.deepEqual(await notes(), ['by a transaction'])
  await other.transaction(async (db) => {
    await change(db, 'locked')
    waiting = change(divided, 'by a statement')
    await divided.transaction((free) => write(free, 2, 'two'))
  })
  await waiting
  t.deepEqual(await notes(), ['by a statement', 'two'])
})
