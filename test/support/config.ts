import type { DatabaseUrls } from '../../infra/system/servers/database-users.ts'

export interface TestConfig {
  /** The fast PostgreSQL of this run, as its superuser. */
  readonly postgresUrl: string
  /** The same for each user. */
  readonly databaseUrls: DatabaseUrls
  /** A migrated, empty database in it. */
  readonly templateDatabase: string
  /** For the folders of servers; what is left in it at the end of the run is ended and removed. */
  readonly directory: string
  /** Where Node keeps compiled code, for the processes that tests start. */
  readonly compileCache: string
  /** What tests find where they do not ask for single servers. */
  readonly topology: Topology
}

/** One of each server, or clusters of them: see `npm test -- --infra`. */
export type Topology = 'single' | 'clusters'

/** What `test/run.ts` prepared. Throws when a test was started without it. */
export function readTestConfig(): TestConfig {
  const { TEST_POSTGRES_URL, TEST_TEMPLATE_DATABASE, TEST_DIRECTORY, NODE_COMPILE_CACHE = '' } = process.env
  const { TEST_TOPOLOGY, TEST_DATABASE_URLS } = process.env
  if (!TEST_POSTGRES_URL || !TEST_DATABASE_URLS || !TEST_TEMPLATE_DATABASE || !TEST_DIRECTORY) {
    throw new Error('Run tests with `npm test`, or a single file with `npm test -- test/unit/….test.ts`.')
  }
  return {
    postgresUrl: TEST_POSTGRES_URL,
    databaseUrls: JSON.parse(TEST_DATABASE_URLS) as DatabaseUrls,
    templateDatabase: TEST_TEMPLATE_DATABASE,
    directory: TEST_DIRECTORY,
    compileCache: NODE_COMPILE_CACHE,
    topology: TEST_TOPOLOGY === 'clusters' ? 'clusters' : 'single',
  }
}
