import pg from 'pg'
import { isHelpWanted } from '../../../../infra/command-line.ts'
import { stopSignals } from '../../../../infra/system/stop-signals.ts'
import { migrateAll } from '../../../../infra/migrate.ts'
import { installMissing } from '../../../../infra/system/programs/install.ts'
import { startTemporaryServers, type TemporaryServers } from '../../../../infra/system/temporary-servers.ts'

/**
 * What all stands use together: PostgreSQL, in which each has its own database, made from the one that a run may migrate as
 * its template, and Redis. Their folder takes all that a run leaves on disk.
 */
export type SharedServers = TemporaryServers<'postgres' | 'redis'>

/** How a run ended: what is to be printed of it, and whether all was well. */
export interface RunReport {
  readonly lines: readonly string[]
  readonly isGreen: boolean
}

/**
 * Lends servers with a migrated database to a run, which throws when it is told to stop, prints its report and takes all of
 * it away. The exit code is 1 unless all was well. Asked for help, it prints the usage.
 */
export async function runOnSharedServers(
  usage: string,
  run: (servers: SharedServers, stopping: AbortSignal) => Promise<RunReport>,
): Promise<void> {
  if (isHelpWanted(process.argv.slice(2), usage)) return
  const { stopping } = stopSignals(console.log)
  const began = performance.now()
  console.log('Starting servers and processes …')
  await installMissing(['postgres', 'nats-server', 'redis-server'], console.log)
  const servers = await startTemporaryServers({ name: 'ticketing-crash', kinds: ['postgres', 'redis'], durable: false })
  try {
    // Also makes the auditor's role, which belongs to the whole server: two databases must not make it at once.
    await migrateAll(servers.postgres.url)
    const { lines, isGreen } = await run(servers, stopping)
    stopping.throwIfAborted()
    console.log(`\n${((performance.now() - began) / 1_000).toFixed(1)} s\n`)
    console.log(lines.join('\n'))
    if (!isGreen) process.exitCode = 1
  } catch (error) {
    if (!stopping.aborted) throw error
    process.exitCode = 1
    console.log('Stopped; everything is removed.')
  } finally {
    await servers.stop()
  }
}

/** Makes a database on that server, empty or with what `template` holds, and answers its URL. */
export async function createDatabase(
  serverUrl: string,
  { name, template = 'template0' }: { name: string; template?: string },
): Promise<string> {
  const administration = new URL('/postgres', serverUrl)
  const client = new pg.Client({ connectionString: administration.href, connectionTimeoutMillis: 10_000 })
  await client.connect()
  try {
    await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE ${pg.escapeIdentifier(template)}`)
  } finally {
    await client.end()
  }
  return new URL(`/${name}`, serverUrl).href
}
