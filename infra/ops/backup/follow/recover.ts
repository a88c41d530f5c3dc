import { execFile } from 'node:child_process'
import { chmod, chown, copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { ExplainedError } from '../../../explained-error.ts'
import { findPostgres, majorOf, type Program } from '../../../system/programs/program.ts'
import type { Server } from '../../../system/server.ts'
import { startPostgres } from '../../../system/servers/postgres.ts'
import { type Owner, postgresDirectory, postgresOwner } from '../../../system/servers/postgres-owner.ts'
import type { Stopwatch } from '../stopwatch.ts'
import { server as archived, type Barman, type Base, openBarman, readDatabaseName, readIdentity } from './barman.ts'

const run = promisify(execFile)

interface RecoverOptions {
  /** The folder of the WAL archive. */
  readonly from: string
  /** With every commit until this time; null: all of the archive. */
  readonly at: Date | null
  /** Gets the data, in `postgres` or wherever its owner may enter, as of a private server. */
  readonly directory: string
  readonly watch: Stopwatch
}

interface Recovery {
  /** Its `url` is that of the archived database. */
  readonly server: Server
  /** Every commit before this time is in it. */
  readonly recoveryPoint: string
  /** WAL files of the archive that could not be replayed. */
  readonly differences: readonly string[]
}

/** A day's WAL of a large sale. */
const replayWithinMs = 6 * 3_600_000
/** The port of a socket in a private folder. */
const port = 5_432

/** A recovery in progress. */
interface Recovering extends Pick<RecoverOptions, 'from' | 'at'> {
  readonly barman: Barman
  readonly postgres: Program
  /** Whose the data must be, where that is not this user. */
  readonly owner: Owner | undefined
  readonly data: string
  /** A folder with a short path, for the socket without which no server starts. */
  readonly scratch: string
}

/** A private server restored to a point in time, ready for writes. Throws `ExplainedError` if that is impossible. */
export async function recover({ from, at, directory, watch }: RecoverOptions): Promise<Recovery> {
  const identity = await readIdentity(from)
  if (identity === undefined) throw noBase(from)
  const database = await readDatabaseName(from)
  const postgres = await programFor(majorOf(identity.version))
  const owner = await postgresOwner()
  const data = await postgresDirectory(directory, owner)
  await requireNoData(data)
  const scratch = await mkdtemp(join(tmpdir(), 'ticketing-recover-'))
  try {
    const barman = await openBarman({ directory: from, settingsFile: join(scratch, 'barman.conf'), postgres })
    const recovering: Recovering = { from, at, barman, postgres, owner, data, scratch }
    const base = await baseFor(recovering)
    await watch.step('verify the base backup', () => verify(recovering, base))
    const files = await watch.step('copy the base backup and the WAL', () => copy(recovering, base))
    const reached = await watch.step('replay the WAL', () => replay(recovering))
    const server = await watch.step('start', () => startPostgres({ dataDirectory: directory, durable: true }))
    const url = new URL(server.url)
    url.pathname = database
    return {
      server: Object.assign(server, { url: url.href }),
      recoveryPoint: reached.at ?? new Date(base.completedAt).toISOString(),
      // A server with a target time fails if it does not reach it.
      differences: at === null ? notReplayed(files, reached.lsn) : [],
    }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

function noBase(from: string): ExplainedError {
  return new ExplainedError(`There is no base backup in ${from}. npm run backup -- follow makes one.`)
}

/** Files of a server are read by its own major version alone. */
async function programFor(major: number): Promise<Program> {
  const program = (await findPostgres()).find(({ version }) => majorOf(version) === major)
  if (program) return program
  throw new ExplainedError(`Install PostgreSQL ${major}, which wrote this (PG_BIN names the folder of one elsewhere).`)
}

async function requireNoData(data: string): Promise<void> {
  if ((await readdir(data).catch(() => [])).length === 0) return
  throw new ExplainedError(
    `${data} holds data already, which may still be needed: nothing was changed. Name another folder.`,
  )
}

/** The newest base backup from which the moment can be reached. */
async function baseFor({ barman, from, at }: Recovering): Promise<Base> {
  const bases = (await barman.bases()).complete
  const base = bases.find(({ completedAt }) => at === null || completedAt <= at.getTime())
  if (base) return base
  const earliest = bases.at(-1)
  if (earliest === undefined) throw noBase(from)
  const then = new Date(earliest.completedAt).toISOString()
  throw new ExplainedError(`The earliest moment that can be reached from ${from} is ${then}.`)
}

async function verify({ barman, from }: Recovering, base: Base): Promise<void> {
  await barman.run(['verify-backup', archived, base.id]).catch((error: Error) => {
    throw new ExplainedError(
      `The base backup ${base.id} in ${from} is damaged and must not be used. Take another copy of it.\n${error.message}`,
      { cause: error },
    )
  })
}

/** The data of a server that replays the WAL when it starts. Answers the names of the complete WAL files. */
async function copy({ barman, from, at, data, owner }: Recovering, base: Base): Promise<string[]> {
  await barman.run(['recover', archived, base.id, data, ...(at === null ? [] : ['--target-time', timestamp(at)])])
  const wal = walDirectory(data, at)
  const archivedFiles = (await readdir(wal)).filter((name) => walFile.test(name))
  // What was received last is not archived yet; the newest file, still being written, is named `.partial`.
  const streaming = join(from, archived, 'streaming')
  const received = (await readdir(streaming)).filter((name) => walFile.test(name))
  for (const name of received) await copyFile(join(streaming, name), join(wal, name.replace('.partial', '')))
  // Settings of the archived server may not hold here: where it listens, who may connect, what it loads.
  for (const name of ['postgresql.conf', 'postgresql.auto.conf', 'recovery.signal'])
    await writeFile(join(data, name), '')
  await writeFile(join(data, 'pg_hba.conf'), 'local all all reject\n')
  await rm(join(data, 'standby.signal'), { force: true })
  await chmod(data, 0o700)
  if (owner) await run('chown', ['-R', `${owner.uid}:${owner.gid}`, data])
  return [...archivedFiles, ...received].filter((name) => !name.endsWith('.partial'))
}

const walFile = /^[0-9A-F]{24}(\.partial)?$/

/** Where Barman puts the WAL. */
function walDirectory(data: string, at: Date | null): string {
  return join(data, at === null ? 'pg_wal' : 'barman_wal')
}

/** As a server reads it that does not know time zones by name yet. */
function timestamp(at: Date): string {
  return at.toISOString().replace('T', ' ').replace('Z', '+00')
}

interface Reached {
  /** Time of the last commit; `undefined` if there was none. */
  readonly at: string | undefined
  readonly lsn: bigint
}

/** Runs the server, unreachable for everybody, until it is what the base backup and the WAL say. */
async function replay({ postgres, data, scratch, owner, at }: Recovering): Promise<Reached> {
  const settings = [
    'listen_addresses=',
    `port=${port}`,
    `unix_socket_directories=${scratch}`,
    `restore_command=cp "${walDirectory(data, at)}/%f" "%p"`,
    'recovery_target_action=promote',
    ...(at === null ? [] : [`recovery_target_time=${timestamp(at)}`]),
    // It takes no connections before the end, so its limits may be lower than those of the server that wrote the WAL.
    'hot_standby=off',
    'lc_messages=C',
    'log_timezone=UTC',
  ]
  if (owner) await chown(scratch, owner.uid, owner.gid)
  const log = join(data, 'replay.log')
  const tool = (name: string, ...args: string[]) =>
    run(join(postgres.directory, name), args, { cwd: '/', env: { ...postgres.environment, LC_ALL: 'C' }, ...owner })
  const succeeds = (...command: Parameters<typeof tool>) =>
    tool(...command).then(
      () => true,
      () => false,
    )
  const options = settings.map((setting) => `-c '${setting}'`).join(' ')
  const failed = async (): Promise<ExplainedError> => failure(await readFile(log, 'utf8').catch(() => ''), at)
  // It waits until the replay has begun.
  const start = ['start', '--wait', '--timeout=600', '--pgdata', data, '--log', log, '--options', options]
  if (!(await succeeds('pg_ctl', ...start))) throw await failed()
  const giveUpAt = performance.now() + replayWithinMs
  // It takes no connections before the end.
  while (!(await succeeds('pg_isready', '--host', scratch, '--port', String(port)))) {
    if (!(await succeeds('pg_ctl', 'status', '--pgdata', data))) throw await failed()
    if (performance.now() > giveUpAt) throw new Error('the WAL takes too long to replay')
    await wait(100)
  }
  await tool('pg_ctl', 'stop', '--mode=fast', '--pgdata', data)
  const said = await readFile(log, 'utf8')
  await rm(join(data, 'barman_wal'), { recursive: true, force: true })
  const commit = /last completed transaction was at log time (.+)/.exec(said)?.[1]
  return { at: commit === undefined ? undefined : new Date(commit).toISOString(), lsn: await endOfReplay(data) }
}

function failure(said: string, at: Date | null): ExplainedError {
  if (!said.includes('recovery ended before configured recovery target was reached'))
    return new ExplainedError(`The WAL cannot be replayed:\n${said.slice(-4_000)}`)
  const until = at?.toISOString()
  return new ExplainedError(
    `The WAL archive ends before ${until}, or is damaged before. --at latest takes what there is.`,
  )
}

/** Where the new timeline begins: its history names the place in its last line, behind the timeline before. */
async function endOfReplay(data: string): Promise<bigint> {
  const names = (await readdir(join(data, 'pg_wal'))).filter((name) => name.endsWith('.history')).sort()
  const history = await readFile(join(data, 'pg_wal', names.at(-1) ?? ''), 'utf8')
  const [, high, low] = /^\d+\s+([0-9A-F]+)\/([0-9A-F]+)/.exec(history.trimEnd().split('\n').at(-1) ?? '') ?? []
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`)
}

/** The last record of a finished file may go on in the next one and be cut off there; it is no longer than this. */
const longestRecordBytes = 1n << 20n
const segmentBytes = 16n << 20n

/** The complete WAL files that were not replayed to their end: PostgreSQL takes a damaged or missing piece for the end of the WAL, and says nothing. */
export function notReplayed(names: readonly string[], lsn: bigint): string[] {
  // 8 digits of timeline, then 16 that count the segments, in two numbers of 32 bits.
  const endOf = (name: string): bigint =>
    (BigInt(`0x${name.slice(8, 16)}`) << 32n) + (BigInt(`0x${name.slice(16)}`) + 1n) * segmentBytes
  const left = names.filter((name) => endOf(name) - longestRecordBytes > lsn).sort()
  return left.map((name) => `${name} is in the archive, whose WAL could be replayed until ${lsn.toString(16)} only`)
}
