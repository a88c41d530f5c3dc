import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { databaseUsers } from '#shared/process/config.ts'
import type { DatabaseUrls } from '../../infra/system/servers/database-users.ts'
import { readTestConfig } from './config.ts'

export interface TestDatabase {
  /** Of the superuser: a test looks at and changes what it likes. */
  readonly url: string
  /** Of the processes, each as its own user. */
  readonly urls: DatabaseUrls
  /** Ends every session in it and removes it. */
  drop(): Promise<void>
}

/** Copies of one template get in each other's way: files wait for their turn here. The number is arbitrary. */
const cloneLock = 4_410_027_551

/** An own database for one test file: migrated and empty, unless `empty` asks for one without even the schemas. */
export async function createTestDatabase({ empty = false } = {}): Promise<TestDatabase> {
  const { postgresUrl, databaseUrls, templateDatabase } = readTestConfig()
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await asAdministrator(postgresUrl, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [cloneLock])
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${empty ? 'template0' : templateDatabase}`)
  })
  const inIt = (url: string): string => new URL(`/${name}`, url).href
  return {
    url: inIt(postgresUrl),
    urls: Object.fromEntries(databaseUsers.map((user) => [user, inIt(databaseUrls[user])])) as Record<
      (typeof databaseUsers)[number],
      string
    >,
    drop: () =>
      asAdministrator(postgresUrl, async (client) => {
        // It waits up to 5 s for sessions that are just leaving; ending them would reach their clients as errors.
        await client
          .query(`DROP DATABASE IF EXISTS ${name}`)
          .catch(() => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))
      }),
  }
}

async function asAdministrator(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  await client.connect()
  try {
    await work(client)
  } finally {
    // Ending the session releases the lock, too.
    await client.end()
  }
}
