import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { Redis } from 'ioredis'
import pg from 'pg'
import { isAlive } from '#shared/process/config.ts'
import type { Server } from '../../infra/system/server.ts'
import { startNats } from '../../infra/system/servers/nats.ts'
import { startPostgres } from '../../infra/system/servers/postgres.ts'
import { postgresDirectory, postgresOwner } from '../../infra/system/servers/postgres-owner.ts'
import { startRedis } from '../../infra/system/servers/redis.ts'
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
  t.is(servers.map(({ name }) => name).join(), 'nats,redis,postgres')
  for (const { pid, version } of servers) {
    t.true(isAlive(pid))
    t.regex(version, /^\d+\.\d+/)
  }
  await Promise.all(servers.map((server) => server.stop()))
  for (const { pid, name } of servers) t.false(isAlive(pid), name)
  t.notRegex((await readdir(dataDirectory)).join(), /\.pid\.json/)
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

/** The code with which PostgreSQL refuses a session; `null` where it lets it in. */
async function refusal(url: string, password = new URL(url).password): Promise<string | null> {
  const changed = Object.assign(new URL(url), { password })
  return query(changed.href, 'SELECT').then(
    () => null,
    (error: pg.DatabaseError) => error.code ?? error.message,
  )
}

const wrongPassword = '28P01'
const noPassword = /SASL.*password must be a/

test('nobody gets into the private PostgreSQL without the password, neither its superuser nor a process', async (t) => {
  const server = await startPostgres({ dataDirectory: await createTestDirectory('postgres'), durable: false })
  t.teardown(() => server.stop())
  for (const url of [server.url, ...Object.values(server.urls)]) {
    t.is(await refusal(url), null)
    t.is(await refusal(url, 'guessed'), wrongPassword)
    t.regex((await refusal(url, '')) ?? '', noPassword)
  }
})

test('data of an earlier version, which let everybody in as superuser, is kept, closed and given to the owner', async (t) => {
  const dataDirectory = await createTestDirectory('postgres')
  const earlier = await startPostgres({ dataDirectory, durable: true })
  await query(
    earlier.url,
    `CREATE SCHEMA booking; CREATE TABLE booking.tickets (id bigserial, place text);
                            CREATE FUNCTION booking.one() RETURNS int LANGUAGE sql RETURN 1;
                            INSERT INTO booking.tickets (place) VALUES ('A 1'); ALTER DATABASE ticketing OWNER TO ticketing`,
  )
  await earlier.stop()
  const data = await postgresDirectory(dataDirectory, await postgresOwner())
  await writeFile(join(data, 'pg_hba.conf'), 'host all all 127.0.0.1/32 trust\n')
  await rm(join(dataDirectory, 'database-passwords.json'))

  const server = await startPostgres({ dataDirectory, durable: true })
  t.teardown(() => server.stop())
  t.regex((await refusal(server.url, '')) ?? '', noPassword)
  await query(
    server.urls.owner,
    `ALTER TABLE booking.tickets ADD COLUMN more int; DROP FUNCTION booking.one(); CREATE SCHEMA later`,
  )
  t.deepEqual(await query(server.urls.owner, 'SELECT place FROM booking.tickets'), [{ place: 'A 1' }])
})

test('the password of Redis is asked of every client, and is in no command line', async (t) => {
  const server = await startRedis({ dataDirectory: await createTestDirectory('redis'), password: 'kept-to-ourselves' })
  t.teardown(() => server.stop())
  const ask = async (url: string): Promise<string> => {
    const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null, enableReadyCheck: false })
    redis.on('error', () => undefined)
    try {
      return await redis.ping()
    } catch (error) {
      return (error as Error).message
    } finally {
      redis.disconnect()
    }
  }
  t.is(await ask(server.url), 'PONG')
  t.regex(await ask(`redis://127.0.0.1:${server.port}`), /NOAUTH/)
  t.false((await readFile(`/proc/${server.pid}/cmdline`, 'utf8')).includes('kept-to-ourselves'))
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
    message:
      /redis \S+ ended with exit code 1 before it was ready\. Its last lines \(.*redis\.log\):.*Address already in use/s,
  })
  t.false(existsSync(join(other, 'redis.pid.json')))
})
