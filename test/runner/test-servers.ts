import { chmod, glob, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectRoot, readInfraConfig } from '../../infra/config.ts'
import { migrateAll } from '../../infra/migrate.ts'
import { installMissing } from '../../infra/servers/install.ts'
import { startPostgres } from '../../infra/servers/postgres.ts'
import { endLeftover } from '../../infra/servers/server.ts'

export interface TestServers {
  /** What tests find in their environment; see `test/support/config.ts`. */
  readonly environment: Record<string, string>
  /** Ends PostgreSQL and whatever server a test has left, and removes all their data. */
  stop(): Promise<void>
}

/** Starts one PostgreSQL for the whole run, with a migrated database that each test file clones. */
export async function startTestServers(say: (line: string) => void): Promise<TestServers> {
  const directory = await mkdtemp(join(tmpdir(), 'ticketing-test-'))
  const stop = async (): Promise<void> => {
    for await (const pidFile of glob(join(directory, '**/*.pid.json'))) await endLeftover(pidFile)
    await rm(directory, { recursive: true, force: true })
  }
  try {
    // PostgreSQL does not run as root and must be able to enter.
    await chmod(directory, 0o755)
    await installMissing(['postgres', 'nats-server', 'redis-server'], say)
    const postgres = await startPostgres({ dataDirectory: directory, durable: false })
    await migrateAll(postgres.url)
    const template = new URL(postgres.url)
    const administration = new URL('/postgres', template)
    return {
      environment: {
        TEST_POSTGRES_URL: administration.href,
        TEST_TEMPLATE_DATABASE: template.pathname.slice(1),
        TEST_DIRECTORY: directory,
        // Some hundred processes load the same modules in a run.
        NODE_COMPILE_CACHE: join(projectRoot, 'node_modules', '.cache', 'compile'),
        // Tests with a data folder of their own use the servers that are installed already.
        PROGRAMS_DIR: readInfraConfig().programsDirectory,
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}
