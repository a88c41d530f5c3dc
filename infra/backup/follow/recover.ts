import { spawn } from 'node:child_process'
import { chmod, chown, copyFile, mkdir, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { ExplainedError } from '../../explained-error.ts'
import { findPostgres, majorOf, type Program } from '../../system/programs/program.ts'
import { type Server, type ServerPlan, startServer } from '../../system/server.ts'
import { newPassword } from '../../system/servers/database-users.ts'
import { privateSettings } from '../../system/servers/postgres.ts'
import { type Owner, postgresDirectory, postgresOwner } from '../../system/servers/postgres-owner.ts'
import { verifyChecksums } from '../checksums.ts'
import { connectForBackup } from '../connection.ts'
import type { Stopwatch } from '../stopwatch.ts'
import { type Base, listBases } from './log-folder.ts'
import { notReplayed, restorableName } from './wal-files.ts'

export interface RecoverOptions {
  /** What `backup -- follow` wrote. */
  readonly from: string
  /** Everything that was committed until then; null: all there is. */
  readonly at: Date | null
  /** Gets the data, in `postgres` or wherever its owner may enter, as of a private server. */
  readonly directory: string
  readonly watch: Stopwatch
}

export interface Recovery {
  readonly server: Server
  /** Until when everything is in it. */
  readonly recoveryPoint: string
  /** What could not be replayed although it is there. */
  readonly differences: readonly string[]
}

/** Replaying a day's log of a large sale must be possible. */
const replayWithinMs = 6 * 3_600_000

/** A server of its own with everything until a moment, ready for writes. Throws `ExplainedError` when that cannot be. */
export async function recover({ from, at, directory, watch }: RecoverOptions): Promise<Recovery> {
  const base = await baseFor(from, at)
  const program = await programFor(base)
  const owner = await postgresOwner()
  const data = await postgresDirectory(directory, owner)
  await requireNoData(data)
  const wal = `${data}.wal`
  const socketDirectory = await mkdtemp(join(tmpdir(), 'ticketing-recover-'))
  await watch.step('compare checksums', () => verifyChecksums(base.directory))
  try {
    await watch.step('unpack the base backup and the log', async () => {
      await unpackBase(base, { data, owner })
      await copyLog(base, { wal, owner })
    })
    await makeOwn(socketDirectory, owner)
    const server = await watch.step('replay the log', () =>
      start({ base, program, data, wal, socketDirectory, owner, at, directory }),
    )
    try {
      return { server, ...(await readReached(server.url, { base, at })) }
    } catch (error) {
      await server.stop()
      throw error
    }
  } finally {
    for (const folder of [wal, socketDirectory]) await rm(folder, { recursive: true, force: true })
  }
}

/**
 * PostgreSQL takes the first damaged or missing piece for the end of the log, and says nothing. With a moment to reach it does
 * say so, and does not start.
 */
async function readReached(
  databaseUrl: string,
  { base, at }: { base: Base; at: Date | null },
): Promise<Omit<Recovery, 'server'>> {
  const client = await connectForBackup(databaseUrl)
  try {
    const { rows } = await client.query<{ at: Date | null; lsn: string; segmentBytes: number }>(
      `SELECT pg_last_xact_replay_timestamp() AS at, pg_last_wal_replay_lsn()::text AS lsn,
         pg_size_bytes(current_setting('wal_segment_size'))::int AS "segmentBytes"`,
    )
    const [end] = rows
    if (end === undefined) throw new Error('the server does not say how far it came')
    const left = at === null ? notReplayed(await readdir(base.walDirectory), end) : []
    return {
      recoveryPoint: end.at?.toISOString() ?? base.manifest.completedAt,
      differences: left.map((name) => `${name} is in the log, which could be replayed until ${end.lsn} only`),
    }
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** The newest base backup from which the moment can be reached. */
async function baseFor(from: string, at: Date | null): Promise<Base> {
  const bases = await listBases(from)
  const base = bases.find(({ manifest }) => at === null || Date.parse(manifest.completedAt) <= at.getTime())
  if (base) return base
  const earliest = bases.at(-1)?.manifest.completedAt
  throw new ExplainedError(
    earliest === undefined
      ? `There is no base backup in ${from}. npm run backup -- follow makes one.`
      : `The earliest moment that can be reached from ${from} is ${earliest}.`,
  )
}

/** Files of a server are read by its own major version alone. */
async function programFor({ manifest }: Base): Promise<Program> {
  const major = majorOf(manifest.serverVersion)
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

/** Whom the server believes on 127.0.0.1. */
const overTcp = 'host all all 127.0.0.1/32 scram-sha-256\n'

async function unpackBase(
  { directory }: Base,
  { data, owner }: { data: string; owner: Owner | undefined },
): Promise<void> {
  for (const [archive, place] of [
    ['base.tar.gz', data],
    ['pg_wal.tar.gz', join(data, 'pg_wal')],
  ] as const) {
    await makeOwn(place, owner)
    await untar(join(directory, archive), place, owner)
  }
  // What the server was told by files may not hold here: where it listens, whom it believes, what it loads.
  for (const [name, text] of [
    ['postgresql.conf', ''],
    ['postgresql.auto.conf', ''],
    // Nobody knows a password of these data yet. The socket lies in a folder that we alone may enter.
    ['pg_hba.conf', `${overTcp}local all all trust\n`],
    ['recovery.signal', ''],
  ] as const) {
    const file = join(data, name)
    await writeFile(file, text, { mode: 0o600 })
    if (owner) await chown(file, owner.uid, owner.gid)
  }
  await rm(join(data, 'standby.signal'), { force: true })
}

/** Where the server can read it; what was still being written under the name by which it is asked for. */
async function copyLog(
  { walDirectory }: Base,
  { wal, owner }: { wal: string; owner: Owner | undefined },
): Promise<void> {
  await makeOwn(wal, owner)
  for (const name of await readdir(walDirectory)) {
    const copy = join(wal, restorableName(name))
    await copyFile(join(walDirectory, name), copy)
    if (owner) await chown(copy, owner.uid, owner.gid)
  }
}

async function makeOwn(directory: string, owner: Owner | undefined): Promise<void> {
  await mkdir(directory, { recursive: true })
  await chmod(directory, 0o700)
  if (owner) await chown(directory, owner.uid, owner.gid)
}

/** As the owner, who need not be able to enter the folder of the archive. */
async function untar(archive: string, directory: string, owner: Owner | undefined): Promise<void> {
  const handle = await open(archive, 'r')
  try {
    const child = spawn('tar', ['-xzf', '-', '-C', directory], {
      stdio: [handle.fd, 'ignore', 'pipe'],
      cwd: '/',
      ...owner,
    })
    let said = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject).once('close', resolve)
    })
    if (code !== 0) throw new ExplainedError(`${archive} cannot be unpacked: ${said}`)
  } finally {
    await handle.close()
  }
}

async function start({
  base: { manifest },
  program,
  data,
  wal,
  socketDirectory,
  owner,
  at,
  directory,
}: {
  base: Base
  program: Program
  data: string
  wal: string
  /** Gets a socket, by which we alone reach the server. */
  socketDirectory: string
  owner: Owner | undefined
  at: Date | null
  directory: string
}): Promise<Server> {
  const password = newPassword()
  const url = (port: number): string => {
    const user = encodeURIComponent(manifest.superuser)
    return `postgres://${user}:${password}@127.0.0.1:${port}/${encodeURIComponent(manifest.database)}`
  }
  const settings = [
    `restore_command=cp "${wal}/%f" "%p"`,
    'recovery_target_action=promote',
    ...(at === null ? [] : [`recovery_target_time=${timestamp(at)}`]),
    // Nobody may look before the end, and so its limits need not be those of the server that wrote the log.
    'hot_standby=off',
    `unix_socket_directories=${socketDirectory}`,
  ]
  const plan: ServerPlan = {
    name: 'postgres',
    program,
    arguments: (port) => [
      '-D',
      data,
      ...[...privateSettings(port, true), ...settings].flatMap((setting) => ['-c', setting]),
    ],
    url,
    commandLinePart: () => data,
    isReady: async (port) => {
      const isReady = await setPasswordOnceRecovered(
        { host: socketDirectory, port, user: manifest.superuser },
        { data, password },
      )
      // The next server on this data has a socket that others can reach.
      if (isReady) await writeFile(join(data, 'pg_hba.conf'), overTcp)
      return isReady
    },
    readyWithinMs: replayWithinMs,
    stopSignal: 'SIGINT',
    user: owner,
  }
  return startServer(plan, { dataDirectory: directory }).catch((error: Error) => {
    if (!error.message.includes('recovery ended before configured recovery target was reached')) throw error
    const until = at?.toISOString()
    throw new ExplainedError(`The log ends before ${until}, or is damaged before. --at latest takes what there is.`, {
      cause: error,
    })
  })
}

/** As a server reads it that does not know time zones by name yet. */
function timestamp(at: Date): string {
  return at.toISOString().replace('T', ' ').replace('Z', '+00')
}

/** Whether it takes writes; from then on its superuser has that password. */
async function setPasswordOnceRecovered(
  where: { host: string; port: number; user: string },
  { data, password }: { data: string; password: string },
): Promise<boolean> {
  const client = new pg.Client({
    ...where,
    database: 'postgres',
    connectionTimeoutMillis: 2_000,
    query_timeout: 2_000,
  })
  client.on('error', () => undefined)
  await client.connect()
  try {
    const { rows } = await client.query<{ ready: boolean }>(
      `SELECT NOT pg_is_in_recovery() AND current_setting('data_directory') = $1 AS ready`,
      [data],
    )
    if (!rows[0]?.ready) return false
    await client.query(`ALTER ROLE ${pg.escapeIdentifier(where.user)} PASSWORD ${pg.escapeLiteral(password)}`)
    return true
  } finally {
    await client.end()
  }
}
