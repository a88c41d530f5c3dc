export interface TestConfig {
  /** The fast PostgreSQL of this run. */
  readonly postgresUrl: string
  /** A migrated, empty database in it. */
  readonly templateDatabase: string
  /** For the folders of servers; what is left in it at the end of the run is ended and removed. */
  readonly directory: string
  /** Where Node keeps compiled code, for the processes that tests start. */
  readonly compileCache: string
}

/** What `test/run.ts` prepared. Throws when a test was started without it. */
export function readTestConfig(): TestConfig {
  const { TEST_POSTGRES_URL, TEST_TEMPLATE_DATABASE, TEST_DIRECTORY, NODE_COMPILE_CACHE = '' } = process.env
  if (!TEST_POSTGRES_URL || !TEST_TEMPLATE_DATABASE || !TEST_DIRECTORY) {
    throw new Error('Run tests with `npm test`, or a single file with `npm test -- test/unit/….test.ts`.')
  }
  return {
    postgresUrl: TEST_POSTGRES_URL,
    templateDatabase: TEST_TEMPLATE_DATABASE,
    directory: TEST_DIRECTORY,
    compileCache: NODE_COMPILE_CACHE,
  }
}
