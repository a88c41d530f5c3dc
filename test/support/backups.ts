import { join } from 'node:path'
import type pg from 'pg'
import { publicId } from '#shared/ids.ts'
import { projectRoot, readInfraConfig } from '../../infra/config.ts'
import { backUp, type FinishedBackup } from '../../infra/ops/backup/back-up.ts'
import { type BringBack, type DrillReport, drill } from '../../infra/ops/backup/drill.ts'
import { openBackup, restore } from '../../infra/ops/backup/restore.ts'
import { Stopwatch } from '../../infra/ops/backup/stopwatch.ts'
import { withDatabase } from '../../infra/with-database.ts'
import { type CommandResult, runScript, type ScriptOptions } from './command.ts'
import { readTestConfig } from './config.ts'

export interface BackupCommand extends ScriptOptions {
  readonly args: readonly string[]
  readonly env?: NodeJS.ProcessEnv
}

/** Runs `npm run backup` with these arguments, such as `drill`. */
export function runBackupCommand({ args, env = {}, ...options }: BackupCommand): Promise<CommandResult> {
  const { PG_BIN, PROGRAMS_DIR } = readInfraConfig().environment
  // A folder that does not exist: no running system of a developer may leak into a test.
  const absent = join(projectRoot, '.data', 'absent')
  const own = { PG_BIN, PROGRAMS_DIR, DATA_DIR: absent, TMPDIR: readTestConfig().directory }
  return runScript('infra/ops/backup/command.ts', args, { ...own, ...env }, options)
}

/** A signal that nobody gives. */
export const never = new AbortController().signal

export interface BackupAttempt {
  readonly databaseUrl: string
  readonly directory: string
  readonly keep?: number
  readonly stopping?: AbortSignal
  say?(line: string): void
}

/** As `npm run backup` does it, in this process. */
export const backUpInto = ({ keep = 5, stopping = never, say, ...where }: BackupAttempt): Promise<FinishedBackup> =>
  backUp({ ...where, keep, stopping, say: say ?? (() => undefined) })

/** As `npm run backup -- restore` does it: what is not as the manifest says. */
export async function restoreInto(databaseUrl: string, directory: string): Promise<string[]> {
  const backup = await openBackup(directory)
  return restore({ backup, databaseUrl, watch: new Stopwatch(() => undefined), stopping: never })
}

/** As `npm run backup -- drill` does it. */
export function drillOf(bringBack: BringBack, { settleWithinMs = 60_000 } = {}): Promise<DrillReport> {
  const within = readTestConfig().directory
  return drill({ bringBack, settleWithinMs, within, say: () => undefined, stopping: never, hurry: never })
}

/** Ids of confirmed bookings, as buyers know them. */
export async function confirmedIn(databaseUrl: string): Promise<Set<string>> {
  const rows = await rowsOf<{ eventId: string; ownId: string }>(
    databaseUrl,
    `SELECT event_id AS "eventId", id AS "ownId" FROM booking.bookings WHERE status = 'confirmed'`,
  )
  return new Set(rows.map(publicId))
}

/** What a query answers, in a session for it alone; a server that has only just been started may take a minute. */
export function rowsOf<Row>(databaseUrl: string, text: string): Promise<Row[]> {
  const ask = async (client: pg.Client): Promise<Row[]> => (await client.query(text)).rows
  return withDatabase(databaseUrl, ask, { connectionTimeoutMillis: 60_000 })
}
