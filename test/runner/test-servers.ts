import { join } from 'node:path'
import { projectRoot, readInfraConfig } from '../../infra/config.ts'
import { migrateAll } from '../../infra/ops/migrate.ts'
import type { Say } from '../../infra/say.ts'
import { PostgresPair } from '../../infra/system/clusters/postgres-standby.ts'
import { installMissing } from '../../infra/system/programs/install.ts'
import type { ProgramName } from '../../infra/system/programs/programs.ts'
import { databasePasswords, databaseUrls } from '../../infra/system/servers/database-users.ts'
import { startPostgres } from '../../infra/system/servers/postgres.ts'
import { createTemporaryFolder, removeTemporaryFolder } from '../../infra/system/temporary-folder.ts'

export interface TestServers {
  /** What tests find in their environment; see `test/support/config.ts`. */
  readonly environment: Record<string, string>
  /** Ends PostgreSQL and whatever server a test has left, and removes all their data. */
  stop(): Promise<void>
}

export interface TestServersOptions {
  /** Whether tests find clusters in place of single servers. */
  readonly clusters: boolean
}

/** Installs what tests need that is not there yet: the servers, and `more`. */
export function installPrograms(more: readonly ProgramName[], say: Say): Promise<void> {
  return installMissing(['postgres', 'nats-server', 'redis-server', ...more], say)
}

/** Starts one PostgreSQL for the whole run, with a migrated database that each test file clones. On clusters it has a standby. */
export async function startTestServers({ clusters }: TestServersOptions): Promise<TestServers> {
  const directory = await createTemporaryFolder({ name: 'ticketing-test' })
  const stop = (): Promise<void> => removeTemporaryFolder(directory)
  const options = { dataDirectory: directory, durable: false }
  try {
    const { url } = clusters ? (await PostgresPair.start(options)).primary : await startPostgres(options)
    const urls = databaseUrls(url, databasePasswords(directory))
    await migrateAll(urls.owner)
    const template = new URL(url)
    const administration = new URL('/postgres', template)
    return {
      environment: {
        TEST_POSTGRES_URL: administration.href,
        TEST_DATABASE_URLS: JSON.stringify(urls),
        TEST_TEMPLATE_DATABASE: template.pathname.slice(1),
        TEST_TOPOLOGY: clusters ? 'clusters' : 'single',
        TEST_DIRECTORY: directory,
        // Some hundred processes load the same modules in a run.
        NODE_COMPILE_CACHE: join(projectRoot, 'node_modules', '.cache', 'compile'),
        // By paths relative to that folder, so that copies of the project share it.
        NODE_COMPILE_CACHE_PORTABLE: '1',
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
