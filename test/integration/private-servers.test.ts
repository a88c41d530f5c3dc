import { existsSync } from 'node:fs'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import pg from 'pg'
import { isAlive } from '#shared/process/config.ts'
import { startNats } from '../../infra/servers/nats.ts'
import { startPostgres } from '../../infra/servers/postgres.ts'
import { startRedis } from '../../infra/servers/redis.ts'
import type { Server } from '../../infra/servers/server.ts'
import { createTestDirectory } from '../support/servers.ts'

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

test('NATS, Redis and PostgreSQL start side by side and leave no process when stopped', async (t) => {
  const dataDirectory = await createTestDirectory('servers')
  const servers = await Promise.all([
    startNats({ dataDirectory }),
    startRedis({ dataDirectory }),
    startPostgres({ dataDirectory, durable: false }),
  ])
  t.deepEqual(
    servers.map(({ name }) => name),
    ['nats', 'redis', 'postgres'],
  )
  for (const { pid, version } of servers) {
    t.true(isAlive(pid))
    t.regex(version, /^\d+\.\d+/)
  }
  await Promise.all(servers.map((server) => server.stop()))
  t.deepEqual(
    servers.map(({ pid }) => isAlive(pid)),
    [false, false, false],
  )
  t.deepEqual(
    (await readdir(dataDirectory)).filter((name) => name.endsWith('.pid.json')),
    [],
  )
})

test('PostgreSQL counts letters, not bytes, whatever the locale of the machine, and keeps its data', async (t) => {
  const dataDirectory = await createTestDirectory('postgres')
  const first = await startPostgres({ dataDirectory, durable: true })
  t.teardown(() => first.stop())
  t.deepEqual(await query(first.url, "SELECT length('Łódź') AS letters"), [{ letters: 4 }])
  t.deepEqual(await query(first.url, "SELECT current_setting('fsync') AS fsync"), [{ fsync: 'on' }])
  await query(first.url, 'CREATE TABLE kept ()')
  await first.stop()
  const second = await startPostgres({ dataDirectory, durable: true })
  t.teardown(() => second.stop())
  t.deepEqual(await query(second.url, "SELECT to_regclass('kept')::text AS kept"), [{ kept: 'kept' }])
})

test('data of a PostgreSQL that is not installed is left alone, and the message says what to do', async (t) => {
  const dataDirectory = await createTestDirectory('postgres')
  await mkdir(join(dataDirectory, 'postgres'))
  await writeFile(join(dataDirectory, 'postgres', 'PG_VERSION'), '9.6\n')
  await t.throwsAsync(startPostgres({ dataDirectory, durable: false }), {
    message: /made by PostgreSQL 9; installed here: .*Install PostgreSQL 9/s,
  })
  t.deepEqual(await readdir(join(dataDirectory, 'postgres')), ['PG_VERSION'])
})

for (const [name, start] of Object.entries({ nats: startNats, redis: startRedis })) {
  test(`a ${name} that a killed launcher left on the data is ended before the next one starts there`, async (t) => {
    const dataDirectory = await createTestDirectory(name)
    const left: Server = await start({ dataDirectory })
    const next = await start({ dataDirectory })
    t.teardown(() => next.stop())
    t.false(isAlive(left.pid))
    t.true(isAlive(next.pid))
  })
}

test('a server that cannot start says why, with its own last lines', async (t) => {
  const dataDirectory = await createTestDirectory('redis')
  const running = await startRedis({ dataDirectory })
  t.teardown(() => running.stop())
  const other = await createTestDirectory('redis')
  await t.throwsAsync(startRedis({ dataDirectory: other, port: running.port }), {
    message: /redis .* ended at once\. Its last lines \(.*redis\.log\):.*Address already in use/s,
  })
  t.false(existsSync(join(other, 'redis.pid.json')))
})
