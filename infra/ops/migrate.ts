import { join } from 'node:path'
import type pg from 'pg'
import { MigrationError, type MigrationSet, migrate, withMigrationLock } from '#shared/database/migrations.ts'
import { type DatabaseUser, databaseUsers, readRunningSystem } from '#shared/process/config.ts'
import { isHelpWanted } from '../command-line.ts'
import { projectRoot, readInfraConfig } from '../config.ts'
import { ExplainedError, reportFailure } from '../explained-error.ts'
import { installMissing } from '../system/programs/install.ts'
import { startPostgres } from '../system/servers/postgres.ts'
import { withDatabase } from '../with-database.ts'
import { grantRights, makeRoles, type RolePasswords } from './database-roles.ts'

/** Every schema of the one database, each with its owner's migrations. */
const migrationSets: readonly MigrationSet[] = [
  { schema: 'event', directory: join(projectRoot, 'workers/event/migrations') },
  { schema: 'booking', directory: join(projectRoot, 'workers/booking/migrations') },
  { schema: 'purchase', directory: join(projectRoot, 'workers/purchase/migrations') },
  { schema: 'sandbox', directory: join(projectRoot, 'infra/ops/payment-sandbox/migrations') },
  // Last, because it may read all that is there by then.
  { schema: 'audit', directory: join(projectRoot, 'infra/ops/audit/migrations') },
]

/**
 * Brings every schema up to date, lets the roles in that have a password here, and grants all roles their rights. Names what ran, as
 * `schema/001-name.sql`. Safe to call from many processes at once.
 */
export async function migrateAll(databaseUrl: string, passwords: RolePasswords = {}): Promise<string[]> {
  const work = async (client: pg.Client): Promise<string[]> => {
    const applied: string[] = []
    await withMigrationLock(client, () => makeRoles(client, passwords))
    for (const set of migrationSets) {
      for (const name of await migrate(client, set)) applied.push(`${set.schema}/${name}`)
    }
    await withMigrationLock(client, () => grantRights(client))
    return applied
  }
  return withDatabase(databaseUrl, work, { connectionTimeoutMillis: 10_000 }).catch((error: Error) => {
    throw error instanceof MigrationError ? new ExplainedError(error.message, { cause: error }) : error
  })
}

const usage = `Usage: npm run migrate
Brings every schema up to date: of DATABASE_URL, else of the running system, else of the data folder.
DATABASE_PASSWORD_EVENT, _BOOKING, _PURCHASE, _SANDBOX and _AUDITOR let the processes' roles in (infra/SETTINGS.md).`

/** `npm run migrate`: on DATABASE_URL, else on the running system, else on the data folder's own PostgreSQL. */
async function main(): Promise<void> {
  if (isHelpWanted(process.argv.slice(2), usage)) return
  const config = readInfraConfig()
  const url = config.given.database ?? readRunningSystem(config.environment)?.database_urls.owner
  if (url) return printApplied(await migrateAll(url, passwordsFrom(config.environment)))
  await installMissing(['postgres'], console.log)
  const postgres = await startPostgres({ dataDirectory: config.dataDirectory, durable: true })
  try {
    printApplied(await migrateAll(postgres.urls.owner))
  } finally {
    await postgres.stop()
  }
}

/** `DATABASE_PASSWORD_EVENT` and its like: where a server is not ours, the migration lets the processes in. Its owner runs it. */
function passwordsFrom(environment: NodeJS.ProcessEnv): RolePasswords {
  const users = databaseUsers.filter((user) => user !== 'owner')
  const set = users.map((user) => [user, environment[`DATABASE_PASSWORD_${user.toUpperCase()}`]] as const)
  return Object.fromEntries(set.filter(([, password]) => password)) as Partial<Record<DatabaseUser, string>>
}

function printApplied(names: readonly string[]): void {
  console.log(names.length === 0 ? 'Nothing to migrate.' : `Migrated:\n  ${names.join('\n  ')}`)
}

if (import.meta.main) main().catch(reportFailure)
