import { join } from 'node:path'
import pg from 'pg'
import { MigrationError, type MigrationSet, migrate } from '#shared/database/migrations.ts'
import { readRunningSystem } from '#shared/process/config.ts'
import { projectRoot, readInfraConfig } from './config.ts'
import { ExplainedError, reportFailure } from './explained-error.ts'
import { installMissing } from './servers/install.ts'
import { startPostgres } from './servers/postgres.ts'

/** Every schema of the one database, each with its owner's migrations. */
const migrationSets: readonly MigrationSet[] = [
  { schema: 'event', directory: join(projectRoot, 'workers/event/migrations') },
  { schema: 'booking', directory: join(projectRoot, 'workers/booking/migrations') },
  { schema: 'purchase', directory: join(projectRoot, 'workers/purchase/migrations') },
  { schema: 'sandbox', directory: join(projectRoot, 'infra/payment-sandbox/migrations') },
  // Last, because it may read all that is there by then.
  { schema: 'audit', directory: join(projectRoot, 'infra/audit/migrations') },
]

/** Brings every schema up to date and names what ran, as `schema/001-name.sql`. Safe to call from many processes at once. */
export async function migrateAll(databaseUrl: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 })
  // Whoever waits for an answer is told as well; without a listener a lost connection would end the process.
  client.on('error', () => undefined)
  await client.connect().catch((error: Error) => {
    throw new ExplainedError(`No database answers at ${client.host}:${client.port}: ${error.message}`, { cause: error })
  })
  try {
    const applied: string[] = []
    for (const set of migrationSets) {
      for (const name of await migrate(client, set)) applied.push(`${set.schema}/${name}`)
    }
    return applied
  } catch (error) {
    throw error instanceof MigrationError ? new ExplainedError(error.message, { cause: error }) : error
  } finally {
    await client.end()
  }
}

/** `npm run migrate`: on DATABASE_URL, else on the running system, else on the data folder's own PostgreSQL. */
async function main(): Promise<void> {
  const config = readInfraConfig()
  const url = config.given.database ?? readRunningSystem(config.environment)?.database_url
  if (url) return printApplied(await migrateAll(url))
  await installMissing(['postgres'], console.log)
  const postgres = await startPostgres({ dataDirectory: config.dataDirectory, durable: true })
  try {
    printApplied(await migrateAll(postgres.url))
  } finally {
    await postgres.stop()
  }
}

function printApplied(names: readonly string[]): void {
  console.log(names.length === 0 ? 'Nothing to migrate.' : `Migrated:\n  ${names.join('\n  ')}`)
}

if (import.meta.main) main().catch(reportFailure)
