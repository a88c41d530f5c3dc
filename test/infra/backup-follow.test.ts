import { globSync, readFileSync } from 'node:fs'
import { mkdir, open, readdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { readInfraConfig } from '../../infra/config.ts'
import { fromWalArchive } from '../../infra/ops/backup/bring-back.ts'
import { drillLines } from '../../infra/ops/backup/drill-report.ts'
import { follow } from '../../infra/ops/backup/follow/follow.ts'
import { recover } from '../../infra/ops/backup/follow/recover.ts'
import { Stopwatch } from '../../infra/ops/backup/stopwatch.ts'
import { type PostgresServer, startPostgres } from '../../infra/system/servers/postgres.ts'
import { postgresDirectory, postgresOwner } from '../../infra/system/servers/postgres-owner.ts'
import { type System, startSystem } from '../../infra/system/start-system.ts'
import { removeTemporaryFolder } from '../../infra/system/temporary-folder.ts'
import { temporarySettings } from '../../infra/system/temporary-settings.ts'
import { confirmedIn, drillOf, rowsOf, runBackupCommand } from '../support/backups.ts'
import { startContinuousSale } from '../support/continuous-sale.ts'
import { eventOnSale } from '../support/http.ts'
import { createTestDirectory } from '../support/servers.ts'
import { until } from '../support/until.ts'

const patienceMs = 900_000
const patience = { timeoutMs: 180_000 }

/** A system with a private PostgreSQL, whose WAL can be archived and which can be killed. */
async function startOwnSystem(): Promise<System> {
  const { PATH, NODE_COMPILE_CACHE } = readInfraConfig().environment
  const system = await startSystem({
    servers: 'single',
    directory: await createTestDirectory('followed'),
    environment: { PATH, ...temporarySettings, NODE_COMPILE_CACHE, RATE_LIMITS: 'off' },
    supervise: { say: () => undefined, onRestart: () => undefined },
  })
  return { ...system, databaseUrl: system.servers.database.urls.owner }
}

/** How many complete base backups an archive has. */
function basesIn(directory: string): number {
  const infos = globSync(join(directory, 'ticketing/meta/*-backup.info'))
  return infos.filter((file) => readFileSync(file, 'utf8').includes('status=DONE')).length
}

/** Of an archive, the oldest first. */
function finishedWalFiles(directory: string): string[] {
  const files = globSync(join(directory, 'ticketing/{streaming,wals/*}/*'))
  const finished = files.filter((file) => /^[0-9A-F]{24}$/.test(basename(file)))
  return finished.sort((one, other) => basename(one).localeCompare(basename(other)))
}

/** Overwrites some bytes. */
async function damage(path: string, position: number): Promise<void> {
  const file = await open(path, 'r+')
  await file.write(Buffer.alloc(8_192, 1), 0, 8_192, position)
  await file.close()
}

interface Following {
  readonly directory: string
  readonly said: readonly string[]
  stop(): Promise<void>
}

/** As `npm run backup -- follow`, once its first base backup is there. */
async function startFollowing(databaseUrl: string, into?: string): Promise<Following> {
  const directory = into ?? (await createTestDirectory('log-backups'))
  const stop = new AbortController()
  const said: string[] = []
  const ended = follow({ databaseUrl, directory, say: (line) => said.push(line), stopping: stop.signal })
  ended.catch(() => undefined)
  await until('there is a base backup', () => basesIn(directory) > 0, patience)
  return {
    directory,
    said,
    async stop() {
      stop.abort()
      await ended
    },
  }
}

/** Recovers in a new folder, looks, and removes it. */
async function lookInto<T>(from: string, at: Date | null, look: (url: string) => Promise<T>) {
  const directory = await createTestDirectory('recovered')
  try {
    const { server, differences } = await recover({ from, at, directory, watch: new Stopwatch(() => undefined) })
    try {
      return { found: await look(server.url), differences }
    } finally {
      await server.stop()
    }
  } finally {
    await removeTemporaryFolder(directory)
  }
}

/** What is left of a system whose tickets were deleted amid a sale, and whose database was lost seconds later. */
interface LostSale {
  /** Of its WAL archive. */
  readonly directory: string
  /** Before the tickets were deleted, and the bookings acknowledged until then. */
  readonly good: Date
  readonly before: readonly string[]
  /** Bookings acknowledged until the database was lost, and how many of them until a second before. */
  readonly acknowledged: readonly string[]
  readonly aSecondBefore: number
}

async function loseSale(): Promise<LostSale> {
  const system = await startOwnSystem()
  await using ending = new AsyncDisposableStack()
  ending.defer(() => system.stop())
  const eventId = await eventOnSale(system.url, { rows: 20, seatsPerRow: 50 })
  const following = await startFollowing(system.databaseUrl)
  ending.defer(() => following.stop())
  const sale = startContinuousSale(system.url, { eventId })
  ending.defer(() => sale.stop().catch(() => undefined))
  await until('tickets are sold', () => sale.acknowledged.length >= 20, patience)
  const before = [...sale.acknowledged]
  const [clock] = await rowsOf<{ at: Date }>(system.databaseUrl, 'SELECT clock_timestamp() AS at')
  await rowsOf(system.databaseUrl, 'DELETE FROM booking.tickets')

  const known: { count: number; at: number }[] = []
  const counting = setInterval(() => known.push({ count: sale.acknowledged.length, at: performance.now() }), 50)
  ending.defer(() => clearInterval(counting))
  const aSecondBefore = (moment: number): number => known.findLast(({ at }) => at < moment - 1_000)?.count ?? 0
  const goesOn = (): boolean => aSecondBefore(performance.now()) >= before.length + 20
  await until('the sale goes on', goesOn, patience)
  process.kill(system.servers.server('postgres').pid, 'SIGKILL')
  const killedAt = performance.now()
  const acknowledged = [...sale.acknowledged]
  // Supervised, the server comes back.
  await following.stop()
  const { directory } = following
  return { directory, good: clock?.at ?? new Date(0), before, acknowledged, aSecondBefore: aSecondBefore(killedAt) }
}

let lostSale: LostSale

test.before(async (t) => {
  t.timeout(patienceMs)
  lostSale = await loseSale()
})

test('when the database is lost amid a sale, the WAL archive has everything acknowledged a second before', async (t) => {
  t.timeout(patienceMs)
  const { directory, acknowledged, aSecondBefore } = lostSale
  const { found, differences } = await lookInto(directory, null, confirmedIn)
  t.deepEqual(differences, [])
  t.true(new Set(acknowledged.slice(0, aSecondBefore)).isSubsetOf(found))
  const lost = acknowledged.filter((id) => !found.has(id))
  t.log(`of ${acknowledged.length} acknowledged bookings ${lost.length} were lost`)
})

test('a database is restored to the moment before it was damaged, and the drill finds nothing wrong', async (t) => {
  t.timeout(patienceMs)
  const { directory, good, before } = lostSale
  const then = await lookInto(directory, good, confirmedIn)
  t.true(new Set(before).isSubsetOf(then.found))
  const drilled = await runBackupCommand({
    args: ['drill', '--from', directory, '--at', good.toISOString()],
    timeoutMs: 120_000,
  })
  t.is(drilled.code, 0, drilled.output)
  t.regex(drilled.output, /^violations: 0$/m)

  const spoilt = await drillOf(fromWalArchive(directory, null), { settleWithinMs: 0 })
  t.regex(drillLines(spoilt).join('\n'), /^FAIL I2 +\d+ {2}a live item has exactly one ticket/m)
  const future = new Date(Date.now() + 3_600_000)
  await t.throwsAsync(() => lookInto(directory, future, confirmedIn), {
    message: /^The WAL archive ends before/,
  })
  await t.throwsAsync(() => lookInto(directory, new Date(0), confirmedIn), {
    message: /^The earliest moment that can be reached/,
  })
})

/** All that an archive needs of our database. */
const ourTable = 'CREATE SCHEMA booking; CREATE TABLE booking.tickets (id int)'

async function countTickets(url: string): Promise<number> {
  const [row] = await rowsOf<{ count: number }>(url, 'SELECT count(*)::int FROM booking.tickets')
  return row?.count ?? 0
}

async function startServer(t: ExecutionContext): Promise<PostgresServer> {
  const dataDirectory = await createTestDirectory('followed-server')
  const server = await startPostgres({ dataDirectory, durable: true })
  t.teardown(() => server.stop())
  return server
}

test('archiving continues after a kill, and begins anew where the server lacks WAL', async (t) => {
  t.timeout(patienceMs)
  const { url: superuserUrl, urls } = await startServer(t)
  const url = urls.owner
  await rowsOf(url, ourTable)
  const directory = await createTestDirectory('log-backups')
  const kill = new AbortController()
  const killed = runBackupCommand({
    args: ['follow', '--to', directory],
    env: { DATABASE_URL: url },
    kill: kill.signal,
    timeoutMs: 120_000,
  })
  killed.catch(() => undefined)
  await until('there is a base backup', () => basesIn(directory) > 0, patience)
  kill.abort()
  await t.throwsAsync(killed)
  const sell = 'INSERT INTO booking.tickets SELECT generate_series(1, 1000)'
  await rowsOf(url, sell)
  await rowsOf(superuserUrl, 'SELECT pg_switch_wal()')
  await rowsOf(url, sell)
  const following = await startFollowing(url, directory)
  const isCopied = async (): Promise<boolean> => {
    const [copy] = await rowsOf<{ complete: boolean }>(
      superuserUrl,
      `SELECT write_lsn >= pg_current_wal_flush_lsn() AS complete FROM pg_stat_replication
       WHERE application_name = 'ticketing-backup' AND write_lsn IS NOT NULL`,
    )
    return copy?.complete ?? false
  }
  await until('all of it is copied', isCopied, patience)
  await following.stop()

  t.is(basesIn(directory), 1)
  t.is((await lookInto(directory, null, countTickets)).found, 2_000)

  const last = finishedWalFiles(directory).at(-1) ?? ''
  await damage(last, 16 * 1024)
  const damaged = await lookInto(directory, null, countTickets)
  t.regex(
    damaged.differences.join(),
    new RegExp(`^${basename(last)} is in the archive, whose WAL could be replayed until`),
  )

  // The server takes a moment to notice that its receiver has ended.
  const receivers = "SELECT FROM pg_replication_slots WHERE slot_name = 'ticketing_backup' AND active"
  const isFree = async () => (await rowsOf(url, receivers)).length === 0
  await until('nobody receives', isFree, patience)
  await rowsOf(url, `SELECT pg_drop_replication_slot('ticketing_backup')`)
  for (let file = 0; file < 3; file += 1) {
    await rowsOf(superuserUrl, `SELECT pg_create_restore_point('a gap'), pg_switch_wal()`)
    await rowsOf(superuserUrl, 'CHECKPOINT')
  }
  const anew = await startFollowing(url, directory)
  t.teardown(() => anew.stop())
  await until('there is a base backup after the gap', () => basesIn(directory) > 1, patience)
  await anew.stop()
  t.regex(anew.said.join('\n'), /no longer has the WAL from where the archive ends: beginning anew/)
  const whole = await lookInto(directory, null, countTickets)
  t.deepEqual(whole.differences, [])
  t.is(whole.found, 2_000)

  const occupied = await createTestDirectory('occupied')
  const data = await postgresDirectory(occupied, await postgresOwner())
  await mkdir(data, { recursive: true })
  await writeFile(join(data, 'PG_VERSION'), '15')
  const into = { from: directory, at: null, directory: occupied, watch: new Stopwatch(() => undefined) }
  await t.throwsAsync(() => recover(into), { message: /holds data already/ })
  t.deepEqual(await readdir(data), ['PG_VERSION'])
  await removeTemporaryFolder(occupied)

  for (const file of globSync(join(directory, 'ticketing/base/*/data/PG_VERSION'))) await damage(file, 0)
  await t.throwsAsync(() => lookInto(directory, null, countTickets), { message: /is damaged and must not be used/ })
})

/** `backup -- follow` where it should refuse at once; it ends in any case. */
function attempt(databaseUrl: string, directory: string): Promise<void> {
  return follow({ databaseUrl, directory, say: () => undefined, stopping: AbortSignal.timeout(15_000) })
}

test('an archive of one server refuses another, and a database of another system is not archived', async (t) => {
  t.timeout(patienceMs)
  const [{ url: first }, { url: second }] = await Promise.all([startServer(t), startServer(t)])
  const directory = await createTestDirectory('log-backups')
  await t.throwsAsync(attempt(second, directory), { message: /has no table booking\.tickets/ })
  t.deepEqual(await readdir(directory), [])

  await Promise.all([rowsOf(first, ourTable), rowsOf(second, ourTable)])
  await (await startFollowing(first, directory)).stop()
  const before = await readdir(directory, { recursive: true })
  await t.throwsAsync(attempt(second, directory), { message: /is the archive of another server .*\n.*--to/ })
  t.deepEqual(await readdir(directory, { recursive: true }), before)
  t.deepEqual(await rowsOf(second, 'SELECT slot_name FROM pg_replication_slots'), [])
})
