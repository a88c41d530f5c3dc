import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import pg from 'pg'
import { backupName } from '../../infra/backup/backups.ts'
import { follow } from '../../infra/backup/follow/follow.ts'
import {
  type BaseManifest,
  baseManifestFile,
  basesOf,
  beginStretch,
  listBases,
  removeOldBases,
} from '../../infra/backup/follow/log-folder.ts'
import { startPostgres } from '../../infra/system/servers/postgres.ts'
import { createTestDirectory } from '../support/servers.ts'
import { until } from '../support/until.ts'

const patience = { timeoutMs: 60_000 }
const ourTable = 'CREATE SCHEMA booking; CREATE TABLE booking.tickets (id int)'

async function startServer(t: ExecutionContext): Promise<string> {
  const dataDirectory = await createTestDirectory('followed-server')
  const server = await startPostgres({ dataDirectory, durable: false })
  t.teardown(() => server.stop())
  return server.url
}

async function query<Row>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    return (await client.query(text)).rows as Row[]
  } finally {
    await client.end()
  }
}

/** Until the first base backup is there. */
async function followFor(databaseUrl: string, directory: string): Promise<void> {
  const stop = new AbortController()
  const ended = follow({ databaseUrl, directory, say: () => undefined, stopping: stop.signal })
  ended.catch(() => undefined)
  try {
    await until('there is a base backup', async () => (await listBases(directory)).length > 0, patience)
  } finally {
    stop.abort()
  }
  await ended
}

/** What `backup -- follow` answers that should refuse at once, and must end in any case. */
function attempt(databaseUrl: string, directory: string): Promise<void> {
  const stopping = AbortSignal.timeout(15_000)
  return follow({ databaseUrl, directory, say: () => undefined, stopping })
}

test('a folder with the log of one server is not gone on with for another', async (t) => {
  t.timeout(120_000)
  const [first, second] = await Promise.all([startServer(t), startServer(t)])
  await Promise.all([query(first, ourTable), query(second, ourTable)])
  const directory = await createTestDirectory('log-backups')
  await followFor(first, directory)
  const before = await readdir(directory, { recursive: true })

  await t.throwsAsync(attempt(second, directory), { message: /is the log of another server .*\n.*--to/ })
  t.deepEqual(await readdir(directory, { recursive: true }), before)
  t.deepEqual(await query(second, 'SELECT slot_name FROM pg_replication_slots'), [])
  await followFor(first, directory)
  t.is((await readdir(directory)).length, 1)
})

test('a database that is not ours is not followed', async (t) => {
  t.timeout(120_000)
  const url = await startServer(t)
  const directory = await createTestDirectory('log-backups')
  await t.throwsAsync(attempt(url, directory), { message: /has no table booking\.tickets/ })
  t.deepEqual(await readdir(directory), [])
})

test('a base backup of an emptied database pushes none out', async (t) => {
  const says: string[] = []
  const say = (line: string) => says.push(line)
  const emptied = await folderWithBases([7, 7, 0])
  await removeOldBases(emptied, { keep: 2, say })
  t.is((await listBases(emptied)).length, 3)
  t.regex(says.join('\n'), /holds more tickets than the newest/)

  const sound = await folderWithBases([7, 7, 8])
  await removeOldBases(sound, { keep: 2, say })
  t.deepEqual(
    (await listBases(sound)).map(({ manifest }) => manifest.tickets),
    [8, 7],
  )
})

/** Base backups with so many tickets each, the oldest first. */
async function folderWithBases(tickets: readonly number[]): Promise<string> {
  const directory = await createTestDirectory('log-backups')
  const stretch = await beginStretch(directory, { systemIdentifier: '7', now: new Date() })
  for (const [day, count] of tickets.entries()) {
    const completedAt = new Date(Date.UTC(2026, 10, day + 1)).toISOString()
    const base = join(basesOf(stretch), backupName(completedAt))
    await mkdir(base)
    const manifest: BaseManifest = {
      format: 1,
      completedAt,
      serverVersion: '17.0',
      superuser: 'postgres',
      database: 'tickets',
      tickets: count,
      firstWalFile: `00000001000000000000000${day}`,
    }
    await writeFile(join(base, baseManifestFile), JSON.stringify(manifest))
  }
  return directory
}
