import { join } from 'node:path'
import { ExplainedError } from '../../explained-error.ts'
import { majorOf, type Program } from '../../system/programs/program.ts'
import { runDumper, ToolError } from './client-tools.ts'
import { connectionOf } from './connection.ts'

/** The dump within a backup. */
export const dumpFolder = 'dump'

/** Tables at once: more would take processors from the sale. */
const jobs = 2
/** A migration in progress locks its tables; a backup waits for it this long. */
const lockWait = '60s'

/** Both were measured: the next level of either takes longer and saves little. */
const zstd = '--compress=zstd:3'
const gzip = '--compress=1'

interface DumpOptions {
  readonly dumper: Program
  readonly databaseUrl: string
  /** Name of an exported snapshot, which must outlive the dump. */
  readonly snapshot: string
  /** Gets a folder `dump`. */
  readonly directory: string
  readonly stopping: AbortSignal
}

/** Writes everything that is in the database, as it was in the snapshot, and syncs it to the disk. */
export async function dump({ dumper, databaseUrl, snapshot, directory, stopping }: DumpOptions): Promise<void> {
  const { dbname, environment } = connectionOf(databaseUrl)
  const write = (compression: string): Promise<void> =>
    runDumper(dumper, 'pg_dump', {
      args: [
        '--format=directory',
        `--file=${join(directory, dumpFolder)}`,
        `--jobs=${jobs}`,
        compression,
        `--snapshot=${snapshot}`,
        `--lock-wait-timeout=${lockWait}`,
        '--no-password',
        `--dbname=${dbname}`,
      ],
      environment,
      stopping,
    })
  try {
    if (majorOf(dumper.version) < 16) return await write(gzip)
    await write(zstd).catch((error: unknown) => {
      // It says so before it has written anything.
      if (/does not support compression/.test(String(error))) return write(gzip)
      throw error
    })
  } catch (error) {
    throw error instanceof ToolError ? new ExplainedError(withRemedy(error.message), { cause: error }) : error
  }
}

/** Decompresses and reads all of it, as a restore would. */
export async function readBack(
  dumper: Program,
  { directory, stopping }: Pick<DumpOptions, 'directory' | 'stopping'>,
): Promise<void> {
  await runDumper(dumper, 'pg_restore', { args: ['--file=/dev/null', join(directory, dumpFolder)], stopping })
}

const remedies: readonly [RegExp, string][] = [
  [/permission denied for/, 'Let the user of DATABASE_URL read everything: GRANT pg_read_all_data TO that_user'],
  [/No space left on device/, 'Make room, or let --to name another disk. Older backups are untouched.'],
  [/lock timeout|could not obtain lock/, 'A migration is in progress: try again when it has ended.'],
  [/password authentication failed|no password supplied/, 'DATABASE_URL needs the right user and password.'],
]

function withRemedy(message: string): string {
  const remedy = remedies.find(([pattern]) => pattern.test(message))?.[1]
  return remedy === undefined ? message : `${message}\n${remedy}`
}
