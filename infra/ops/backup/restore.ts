import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { ExplainedError } from '../../explained-error.ts'
import type { Program } from '../../system/programs/program.ts'
import { describeDatabase } from '../../with-database.ts'
import { verifyChecksums } from './checksums.ts'
import { requireFitting, runDumper, ToolError } from './client-tools.ts'
import { connectionOf, withBackedUp } from './connection.ts'
import { differences, readContents } from './contents.ts'
import { dumpFolder } from './dump.ts'
import { type Manifest, readManifest } from './manifest.ts'
import type { Stopwatch } from './stopwatch.ts'

/** A backup whose files are all as they were written. */
export interface SoundBackup {
  readonly directory: string
  readonly manifest: Manifest
}

interface RestoreOptions {
  readonly backup: SoundBackup
  /** URL of an empty database. Its user needs the right to make roles if those of the backup are missing. */
  readonly databaseUrl: string
  readonly watch: Stopwatch
  readonly stopping: AbortSignal
}

/** Throws `ExplainedError` when anything in it is damaged. */
export async function openBackup(directory: string): Promise<SoundBackup> {
  await verifyChecksums(directory)
  return { directory, manifest: await readManifest(directory) }
}

/**
 * Fills an empty database with a backup and answers what is not as the manifest says. Throws `ExplainedError` when the database
 * is not empty or a statement fails; what is in it then is to be thrown away.
 */
export async function restore({ backup, databaseUrl, watch, stopping }: RestoreOptions): Promise<string[]> {
  const { directory, manifest } = backup
  const dumper = await requireFitting('pg_dump', manifest.dumpedBy)
  return withBackedUp(databaseUrl, async (client) => {
    await requireEmpty(client, databaseUrl)
    await makeRoles(client, manifest.roles)
    await watch.step('restore', () => load(dumper, { directory, databaseUrl, stopping }))
    // A dump has no statistics. Without them the first reads after opening would be planned for empty tables.
    await watch.step('statistics', () => client.query('ANALYZE'))
    return watch.step('compare with the manifest', async () =>
      differences(manifest.contents, await readContents(client)),
    )
  })
}

async function requireEmpty(client: pg.Client, databaseUrl: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT format('%s.%s', nspname, relname) AS name
     FROM pg_class JOIN pg_namespace AS schema ON schema.oid = relnamespace
     WHERE relkind = 'r' AND nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%' LIMIT 1`,
  )
  if (rows[0] === undefined) return
  throw new ExplainedError(
    `${describeDatabase(databaseUrl)} is not empty (it has ${rows[0].name}): nothing was changed.\n` +
      'Make an empty one (createdb) and restore into that; what is there may still be needed.',
  )
}

/** Roles belong to the whole server and are in no dump. */
async function makeRoles(client: pg.Client, roles: readonly string[]): Promise<void> {
  const { rows: missing } = await client.query<{ role: string }>(
    'SELECT role FROM unnest($1::text[]) AS role WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role)',
    [roles],
  )
  for (const { role } of missing) {
    const name = pg.escapeIdentifier(role)
    // Membership lets one who is no superuser give things to that role.
    await client.query(`CREATE ROLE ${name} NOLOGIN; GRANT ${name} TO CURRENT_USER`)
  }
}

async function load(
  dumper: Program,
  { directory, databaseUrl, stopping }: { directory: string; databaseUrl: string; stopping: AbortSignal },
): Promise<void> {
  const { dbname, environment } = connectionOf(databaseUrl)
  const args = [
    '--exit-on-error',
    `--jobs=${availableParallelism()}`,
    '--no-password',
    `--dbname=${dbname}`,
    join(directory, dumpFolder),
  ]
  try {
    await runDumper(dumper, 'pg_restore', { args, environment, stopping })
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    throw new ExplainedError(
      `${error.message}\nThe database is half filled: drop it, and restore into another empty one.`,
      { cause: error },
    )
  }
}
