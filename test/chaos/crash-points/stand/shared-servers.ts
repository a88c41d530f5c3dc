import { chmod, glob, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { stopSignals } from '../../../../infra/launcher/stop-signals.ts'
import { migrateAll } from '../../../../infra/migrate.ts'
import { installMissing } from '../../../../infra/servers/install.ts'
import { startPostgres } from '../../../../infra/servers/postgres.ts'
import { startRedis } from '../../../../infra/servers/redis.ts'
import { endLeftover } from '../../../../infra/servers/server.ts'

/** What all stands use together: PostgreSQL, in which each has its own database, and Redis. */
export class SharedServers {
  /** For all that a run leaves on disk; removed at its end. */
  readonly directory: string
  #postgresUrl = ''
  #redisUrl = ''

  private constructor(directory: string) {
    this.directory = directory
  }

  static async start(say: (line: string) => void): Promise<SharedServers> {
    await installMissing(['postgres', 'nats-server', 'redis-server'], say)
    const servers = new SharedServers(await mkdtemp(join(tmpdir(), 'ticketing-crash-')))
    try {
      // PostgreSQL does not run as root and must be able to enter.
      await chmod(servers.directory, 0o755)
      const dataDirectory = servers.directory
      const started = await Promise.allSettled([
        startPostgres({ dataDirectory, durable: false }),
        startRedis({ dataDirectory }),
      ])
      const [postgres, redis] = started.map((one) => {
        if (one.status === 'rejected') throw one.reason
        return one.value
      })
      servers.#postgresUrl = postgres?.url ?? ''
      servers.#redisUrl = redis?.url ?? ''
      return servers
    } catch (error) {
      await servers.stop()
      throw error
    }
  }

  /** Of a database that a run may migrate as its template. */
  get postgresUrl(): string {
    return this.#postgresUrl
  }

  get redisUrl(): string {
    return this.#redisUrl
  }

  /** Ends these servers, and those that a stand has left. */
  async stop(): Promise<void> {
    for await (const pidFile of glob(join(this.directory, '{,*/}*.pid.json'))) await endLeftover(pidFile)
    await rm(this.directory, { recursive: true, force: true })
  }
}

/** How a run ended: what is to be printed of it, and whether all was well. */
export interface RunReport {
  readonly lines: readonly string[]
  readonly isGreen: boolean
}

/**
 * Lends servers with a migrated database to a run, which throws when it is told to stop, prints its report and takes all of
 * it away. The exit code is 1 unless all was well.
 */
export async function runOnSharedServers(
  run: (servers: SharedServers, stopping: AbortSignal) => Promise<RunReport>,
): Promise<void> {
  const { stopping } = stopSignals(console.log)
  const began = performance.now()
  console.log('Starting servers and processes …')
  const servers = await SharedServers.start(console.log)
  try {
    // Also makes the auditor's role, which belongs to the whole server: two databases must not make it at once.
    await migrateAll(servers.postgresUrl)
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
