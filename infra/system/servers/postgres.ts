import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'
import { ExplainedError } from '../../explained-error.ts'
import { ownerOnly } from '../../kept-file.ts'
import { giveToOwner, makeRoles } from '../../ops/database-roles.ts'
import { withDatabase } from '../../with-database.ts'
import { findPostgres, majorOf, type Program } from '../programs/program.ts'
import { endLeftover, pidFileOf, type Server, type ServerOptions, startServer } from '../server.ts'
import { type DatabasePasswords, type DatabaseUrls, databasePasswords, databaseUrls, roleOf } from './database-users.ts'
import { type Owner, postgresDirectory, postgresOwner } from './postgres-owner.ts'

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

/** Its own `url` is the superuser's, for setting it up. */
export interface PostgresServer extends Server {
  readonly urls: DatabaseUrls
}

/**
 * A private PostgreSQL, listening on loopback alone, with an empty or earlier filled database `ticketing` and a role for each
 * user. Everybody needs a password: those in the data folder, which hold also for data that came from elsewhere.
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const { dataDirectory } = options
  await mkdir(dataDirectory, { recursive: true })
  const owner = await postgresOwner()
  const directory = await postgresDirectory(dataDirectory, owner, options.suffix)
  const program = await programFor(directory, options.major)
  const passwords = databasePasswords(dataDirectory)
  const name = `postgres${options.suffix ?? ''}`
  const data = { program, directory, owner }
  if (!(await versionOfData(directory))) await initialise({ ...data, durable: options.durable })
  if (!(await hasPassword(directory, passwords.superuser))) {
    await endLeftover(pidFileOf(dataDirectory, name))
    await setPassword(data, passwords.superuser)
  }
  const server = await startServer(
    (port) => ({
      name,
      program,
      arguments: () => ['-D', directory, ...settings(port, options).flatMap((setting) => ['-c', setting])],
      url: urlOf(port, database, passwords),
      commandLinePart: directory,
      isReady: () => setUpDatabase(port, directory, passwords),
      // After a crash it replays its log first.
      readyWithinMs: 60_000,
      // SIGINT: ends sessions and stops; SIGTERM would wait for them to leave.
      stopSignal: 'SIGINT',
      user: owner,
    }),
    options,
  )
  return Object.assign(server, { urls: databaseUrls(server.url, passwords) })
}

/** Runs one of PostgreSQL's programs to its end, as the user who owns the data. */
export function runPostgres(
  name: string,
  args: readonly string[],
  { program, owner }: Pick<Data, 'program' | 'owner'>,
  environment: NodeJS.ProcessEnv = {},
) {
  const env = { ...program.environment, ...environment }
  return run(join(program.directory, name), args, { cwd: '/', env, timeout: 120_000, ...owner })
}

/** As a superuser: what `backup -- follow` needs, statement by statement. */
export function rightsToFollow(role: string): string[] {
  const functions =
    'pg_backup_start(text, boolean), pg_backup_stop(boolean), pg_switch_wal(), pg_create_restore_point(text)'
  return [
    `ALTER ROLE ${role} REPLICATION`,
    `GRANT pg_monitor TO ${role}`,
    `GRANT EXECUTE ON FUNCTION ${functions} TO ${role}`,
  ]
}

/** How every private PostgreSQL is run. */
function settings(port: number, { durable, waitsForStandby }: PostgresOptions): string[] {
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
    ...(waitsForStandby ? ['synchronous_commit=on'] : []),
  ]
}

/** A quarter of the memory, as its manual advises, up to 1 GB; it is allocated on use. */
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
  if (Number.isNaN(dataMajor)) throw new ExplainedError(`postgres: ${directory}/PG_VERSION holds no version.`)
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

interface Data {
  readonly program: Program
  readonly directory: string
  readonly owner: Owner | undefined
}

async function initialise({ program, directory, owner, durable }: Data & { durable: boolean }): Promise<void> {
  // Made beside its place and moved there when complete: an interrupted one must not be taken for a database.
  const unfinished = `${directory}.unfinished`
  await rm(unfinished, { recursive: true, force: true })
  await mkdir(unfinished, { mode: 0o700 })
  if (owner) await chown(unfinished, owner.uid, owner.gid)
  const options = ['--username', superuser, '--auth=reject', '--no-instructions']
  if (!durable) options.push('--no-sync')
  // Without these two a machine with no LANG makes an SQL_ASCII database, in which 'Łódź' has seven letters.
  options.push('--encoding=UTF8', '--locale=C.UTF-8')
  try {
    await runPostgres('initdb', ['--pgdata', unfinished, ...options], { program, owner })
  } catch (error) {
    const { stderr } = error as { stderr?: string }
    throw new ExplainedError(`initdb of PostgreSQL ${program.version} failed:\n${stderr ?? error}`, { cause: error })
  }
  await rename(unfinished, directory).catch((error: Error) => {
    throw new ExplainedError(`postgres: ${directory} holds files, but no database (PG_VERSION is missing).`, {
      cause: error,
    })
  })
}

/** Whether the data has this password of the superuser, and lets no one in without a password. */
async function hasPassword(directory: string, password: string): Promise<boolean> {
  const text = await readFile(join(directory, 'pg_hba.conf'), 'utf8').catch(() => '')
  return text === accessRules(password)
}

/** pg_hba.conf. It names the password by its hash, so that data with another one, from a backup or an earlier version, is noticed. */
function accessRules(password: string): string {
  const hash = createHash('sha256').update(password).digest('hex')
  return [
    `# The superuser's password has the SHA-256 ${hash}.`,
    'host all all 127.0.0.1/32 scram-sha-256',
    'host replication all 127.0.0.1/32 scram-sha-256',
    '',
  ].join('\n')
}

/** Gives the superuser that password in single-user mode, so that no server listens before everybody needs one. */
async function setPassword({ program, directory, owner }: Data, password: string): Promise<void> {
  const running = runPostgres('postgres', ['--single', '-D', directory, 'postgres'], { program, owner })
  // The first statement fails where that role exists.
  running.child.stdin?.end(
    `CREATE ROLE ${superuser};\nALTER ROLE ${superuser} SUPERUSER LOGIN PASSWORD ${pg.escapeLiteral(password)};\n`,
  )
  await running.catch((error: { stderr?: string }) => {
    const said = error.stderr ?? error
    throw new ExplainedError(`The database in ${directory} cannot be given a password:\n${said}`, { cause: error })
  })
  const rules = join(directory, 'pg_hba.conf')
  await writeFile(rules, accessRules(password), { mode: ownerOnly })
  if (owner) await chown(rules, owner.uid, owner.gid)
}

const patience = { connectionTimeoutMillis: 2_000, query_timeout: 30_000 }

/** Makes our roles and our database where they are not there yet. `false` when another server than that on `directory` has the port. */
async function setUpDatabase(port: number, directory: string, passwords: DatabasePasswords): Promise<boolean> {
  const isStandby = await withDatabase(
    urlOf(port, 'postgres', passwords),
    async (client) => {
      const { rows } = await client.query<{ ours: boolean; exists: boolean; standby: boolean }>(
        `SELECT current_setting('data_directory') = $1 AS ours, pg_is_in_recovery() AS standby,
              EXISTS (SELECT FROM pg_database WHERE datname = $2) AS exists`,
        [directory, database],
      )
      const [server] = rows
      if (!server?.ours) return undefined
      if (server.standby) return true
      const { superuser: _, ...rolePasswords } = passwords
      await makeRoles(client, rolePasswords)
      if (!server.exists) await client.query(`CREATE DATABASE ${database}`)
      return false
    },
    patience,
  )
  if (isStandby === false)
    await withDatabase(
      urlOf(port, database, passwords),
      async (client) => {
        await giveToOwner(client, database)
        // The rights to functions are those of one database.
        await client.query(rightsToFollow(roleOf('owner')).join(';'))
      },
      patience,
    )
  return isStandby !== undefined
}

function urlOf(port: number, name: string, passwords: DatabasePasswords): string {
  return `postgres://${superuser}:${passwords.superuser}@127.0.0.1:${port}/${name}`
}
