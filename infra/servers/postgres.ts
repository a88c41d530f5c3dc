import { execFile } from 'node:child_process'
import { chown, mkdir, readFile, rename, rm } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { ExplainedError } from '../explained-error.ts'
import { type Owner, postgresDirectory, postgresOwner } from './postgres-owner.ts'
import { findPostgres, majorOf, type Program } from './program.ts'
import { type Server, type ServerOptions, startServer } from './server.ts'

const run = promisify(execFile)

export const superuser = 'ticketing'
const database = 'ticketing'

export interface PostgresOptions extends ServerOptions {
  /** `false` for tests that never kill it: committed writes may be lost with the process, but it is half as fast again. */
  readonly durable: boolean
  /** Tells several of them in one data folder apart: `-1`. */
  readonly suffix?: string
  /** Whether a standby, once it is named, is waited for also where nothing is synced. */
  readonly waitsForStandby?: boolean
  /** Of new data: the major version that reads a backup. By default the preferred one that is installed. */
  readonly major?: number
}

/** A private PostgreSQL, listening on loopback alone, with an empty or earlier filled database `ticketing`. */
export async function startPostgres(options: PostgresOptions): Promise<Server> {
  await mkdir(options.dataDirectory, { recursive: true })
  const owner = await postgresOwner()
  const directory = await postgresDirectory(options.dataDirectory, owner, options.suffix)
  const program = await programFor(directory, options.major)
  if (!(await versionOfData(directory))) await initialise({ program, directory, owner, durable: options.durable })
  const server = await startServer(
    {
      name: `postgres${options.suffix ?? ''}`,
      program,
      arguments: (port) => ['-D', directory, ...settings(port, options).flatMap((setting) => ['-c', setting])],
      url: (port) => urlOf(port, database),
      commandLinePart: () => directory,
      isReady: (port) => createDatabase({ port, directory }),
      // After a crash it replays its log first.
      readyWithinMs: 60_000,
      // SIGINT: ends sessions and stops; SIGTERM would wait for them to leave.
      stopSignal: 'SIGINT',
      user: owner,
    },
    options,
  )
  return server
}

function settings(port: number, { durable, waitsForStandby }: PostgresOptions): string[] {
  return [...privateSettings(port, durable), ...(waitsForStandby ? ['synchronous_commit=on'] : [])]
}

/** How every private PostgreSQL is run. */
export function privateSettings(port: number, durable: boolean): string[] {
  return [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    // The path of a socket may have 107 characters at most; a project folder may be deeper than that.
    'unix_socket_directories=',
    'max_connections=200',
    'timezone=UTC',
    'log_timezone=UTC',
    // Compiling pays for reports of seconds; ours are short queries that it makes slower.
    'jit=off',
    // Of its log, for a copy that is away; more would fill the disk.
    'max_slot_wal_keep_size=4GB',
    ...(durable
      ? [`shared_buffers=${sharedBuffersMb()}MB`]
      : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off']),
  ]
}

/** A quarter of the memory, as its manual advises, up to 1 GB; it is taken as it is needed. */
function sharedBuffersMb(): number {
  return Math.max(128, Math.min(1_024, Math.floor(totalmem() / 4 / 1024 / 1024)))
}

/** The installation whose major version wrote the data; for new data the wanted one, or else the preferred one. */
async function programFor(directory: string, newMajor: number | undefined): Promise<Program> {
  const installed = await findPostgres()
  const dataMajor = await versionOfData(directory)
  const major = dataMajor ?? newMajor
  const program = major ? installed.find(({ version }) => majorOf(version) === major) : installed[0]
  if (program) return program
  if (dataMajor === undefined) throw new ExplainedError(`PostgreSQL ${newMajor ?? '15 to 18'} is not installed.`)
  const here = installed.map(({ version }) => version).join(', ') || 'none'
  throw new ExplainedError(
    `The database in ${directory} was made by PostgreSQL ${dataMajor}; installed here: ${here}.\n` +
      `Install PostgreSQL ${dataMajor} (Debian: postgresql-${dataMajor}; PG_BIN names the folder of one elsewhere), or\n` +
      'start with an empty database by moving that folder away.',
  )
}

async function versionOfData(directory: string): Promise<number | undefined> {
  const text = await readFile(join(directory, 'PG_VERSION'), 'utf8').catch(() => '')
  return text ? majorOf(text) : undefined
}

async function initialise({
  program,
  directory,
  owner,
  durable,
}: {
  program: Program
  directory: string
  owner: Owner | undefined
  durable: boolean
}): Promise<void> {
  // Made beside its place and moved there when complete: an interrupted one must not be taken for a database.
  const unfinished = `${directory}.unfinished`
  await rm(unfinished, { recursive: true, force: true })
  await mkdir(unfinished, { mode: 0o700 })
  if (owner) await chown(unfinished, owner.uid, owner.gid)
  const options = ['--username', superuser, '--auth=trust', '--no-instructions', ...(durable ? [] : ['--no-sync'])]
  // Without these two a machine with no LANG makes an SQL_ASCII database, in which 'Łódź' has seven letters.
  options.push('--encoding=UTF8', '--locale=C.UTF-8')
  try {
    await run(join(program.directory, 'initdb'), ['--pgdata', unfinished, ...options], {
      cwd: '/',
      env: { ...program.environment },
      timeout: 120_000,
      ...owner,
    })
  } catch (error) {
    const { stderr } = error as { stderr?: string }
    throw new ExplainedError(`initdb of PostgreSQL ${program.version} failed:\n${stderr ?? error}`, { cause: error })
  }
  await rename(unfinished, directory)
}

/** Makes our database when it is not there yet. `false` when another server than that on `directory` has the port. */
async function createDatabase({ port, directory }: { port: number; directory: string }): Promise<boolean> {
  const client = new pg.Client({ connectionString: urlOf(port, 'postgres'), connectionTimeoutMillis: 2_000 })
  // A server that stops while we ask reports it here as well.
  client.on('error', () => undefined)
  await client.connect()
  try {
    const { rows } = await client.query<{ ours: boolean; exists: boolean }>(
      `SELECT current_setting('data_directory') = $1 AS ours,
              EXISTS (SELECT FROM pg_database WHERE datname = $2) AS exists`,
      [directory, database],
    )
    if (!rows[0]?.ours) return false
    if (!rows[0].exists) await client.query(`CREATE DATABASE ${database}`)
    return true
  } finally {
    await client.end()
  }
}

function urlOf(port: number, name: string): string {
  return `postgres://${superuser}@127.0.0.1:${port}/${name}`
}
