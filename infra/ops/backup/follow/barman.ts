import { readFile, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { delimiter, join } from 'node:path'
import { z } from 'zod'
import { readInfraConfig } from '../../../config.ts'
import { ExplainedError } from '../../../explained-error.ts'
import { ownerOnly } from '../../../kept-file.ts'
import { type Program, requireProgram } from '../../../system/programs/program.ts'
import { runTool } from '../client-tools.ts'
import { connectionOf } from '../connection.ts'

/** What Barman calls the one server of an archive. */
export const server = 'ticketing'

/** Makes the server keep its WAL until it is archived. One archive a server. */
export const slotName = 'ticketing_backup'

/** A base backup from which a restore can begin. */
export interface Base {
  readonly id: string
  /** Milliseconds since 1970: any moment from this one on can be reached. */
  readonly completedAt: number
  /** In its database when it was begun; null where nobody counted. */
  readonly tickets: number | null
}

/** The name of a base backup tells how many tickets there are. */
const nameForm = /^tickets-(\d+)-/

const listing = z.object({
  [server]: z.array(
    z.object({
      backup_id: z.string(),
      backup_name: z.string().optional(),
      status: z.string(),
      end_time_timestamp: z.coerce.number().optional(),
    }),
  ),
})

/** Whose archive a folder is, as Barman writes it down with the first base backup. */
const identity = z.object({ systemid: z.string(), version: z.string() })

const never = new AbortController().signal

export interface BarmanOptions {
  /** The archive. */
  readonly directory: string
  /** Gets the settings. */
  readonly settingsFile: string
  /** Whose programs it uses. */
  readonly postgres: Program
  /** The database to archive; none for a restore. */
  readonly databaseUrl?: string
}

/** Debian's Barman with an archive in one folder. */
export interface Barman {
  /** A command of Barman's; answers what it prints. Throws `ToolError` with what it said last. */
  run(args: readonly string[], stopping?: AbortSignal): Promise<string>
  /** Complete base backups, the newest first, and the ids of those that failed. */
  bases(): Promise<{ complete: Base[]; failed: string[] }>
}

/** Writes Barman's settings. Throws `ExplainedError` where there is no Barman, or it cannot connect as `databaseUrl` says. */
export async function openBarman(options: BarmanOptions): Promise<Barman> {
  const program = await requireProgram('barman')
  const { postgres, databaseUrl, settingsFile } = options
  await writeFile(settingsFile, settingsOf(options), { mode: ownerOnly })
  const environment = {
    ...postgres.environment,
    ...program.environment,
    // What Barman calls may have been unpacked beside it.
    PATH: [postgres.directory, program.directory, readInfraConfig().environment.PATH].join(delimiter),
    ...(databaseUrl && connectionOf(databaseUrl).environment),
  }
  const run: Barman['run'] = (args, stopping = never) =>
    runTool({ path: program.path, args: ['-c', settingsFile, ...args], environment, stopping })
  return { run, bases: async () => basesIn(await run(['-f', 'json', 'list-backups', server])) }
}

function basesIn(text: string): { complete: Base[]; failed: string[] } {
  const backups = listing.parse(JSON.parse(text))[server]
  const isDone = ({ status }: { status: string }): boolean => status === 'DONE'
  const complete = backups
    .filter(isDone)
    .map(({ backup_id: id, backup_name: name = '', end_time_timestamp: end = 0 }): Base => {
      const tickets = nameForm.exec(name)?.[1]
      // Seconds are rounded down.
      return { id, completedAt: (end + 1) * 1_000, tickets: tickets === undefined ? null : Number(tickets) }
    })
  return {
    complete: complete.toSorted((one, other) => other.completedAt - one.completedAt),
    failed: backups.filter((backup) => !isDone(backup)).map(({ backup_id: id }) => id),
  }
}

/** `undefined` where there is no base backup yet. */
export async function readIdentity(directory: string): Promise<z.infer<typeof identity> | undefined> {
  const text = await readFile(join(directory, server, 'identity.json'), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : identity.parse(JSON.parse(text))
}

export function settingsFileOf(directory: string): string {
  return join(directory, 'barman.conf')
}

/** The database that is archived. */
export async function readDatabaseName(directory: string): Promise<string> {
  const settings = await readFile(settingsFileOf(directory), 'utf8').catch(() => '')
  const name = /^conninfo = .*\bdbname=(\S+)/m.exec(settings)?.[1]
  if (name === undefined)
    throw new ExplainedError(`${settingsFileOf(directory)} does not say which database was archived.`)
  return name
}

function settingsOf({ directory, postgres, databaseUrl }: BarmanOptions): string {
  const connection = databaseUrl === undefined ? 'host=/nowhere' : keywords(databaseUrl)
  return `; Written by npm run backup at each start.
[barman]
barman_home = ${directory}
barman_user = ${userInfo().username}
log_level = WARNING

[${server}]
description = ticketing
conninfo = ${connection}
streaming_conninfo = ${connection}
path_prefix = ${postgres.directory}
backup_method = postgres
immediate_checkpoint = true
archiver = off
streaming_archiver = on
slot_name = ${slotName}
create_slot = auto
`
}

/** A connection as `name=value`, the only form that Barman reads; without the password. */
function keywords(databaseUrl: string): string {
  const url = new URL(connectionOf(databaseUrl).dbname)
  const pairs = {
    host: url.hostname,
    port: url.port,
    user: decodeURIComponent(url.username),
    dbname: decodeURIComponent(url.pathname.slice(1)),
    ...Object.fromEntries(url.searchParams),
  }
  const given = Object.entries(pairs).filter(([, value]) => value !== '')
  const wrong = given.find(([, value]) => /[\s'"\\%]/.test(value))
  if (wrong === undefined) return given.map(([name, value]) => `${name}=${value}`).join(' ')
  throw new ExplainedError(`DATABASE_URL: Barman cannot connect with blanks, quotes, \\ or % in ${wrong[0]}.`)
}
