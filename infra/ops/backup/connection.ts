import type pg from 'pg'
import { ExplainedError } from '../../explained-error.ts'
import { describeDatabase, withDatabase } from '../../with-database.ts'

/** How PostgreSQL's own programs reach a database. */
export interface Connection {
  /** A connection string without the password, which other users would see in the list of processes. */
  readonly dbname: string
  readonly environment: NodeJS.ProcessEnv
}

/** A server that no longer answers is given up; without these a program would wait for it for ever. */
const deadlines = { connect_timeout: '10', tcp_user_timeout: '60000', keepalives_idle: '30' }

/** Time-out of one statement, which may count or read a whole table. */
const statementTimeoutMs = 6 * 3_600_000

/** What a DATABASE_URL says, for programs that use libpq. */
export function connectionOf(databaseUrl: string): Connection {
  const url = new URL(databaseUrl)
  const password = decodeURIComponent(url.password)
  url.password = ''
  const defaults = { application_name: 'ticketing-backup', ...deadlines }
  for (const [name, value] of Object.entries(defaults)) {
    if (!url.searchParams.has(name)) url.searchParams.set(name, value)
  }
  return { dbname: url.href, environment: password === '' ? {} : { PGPASSWORD: password } }
}

/** Lets `work` have a session with patience for long statements. Throws `ExplainedError` when nobody answers. */
export function withBackedUp<Result>(
  databaseUrl: string,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  return withDatabase(databaseUrl, work, {
    application_name: 'ticketing-backup',
    connectionTimeoutMillis: 10_000,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + 1_000,
    keepAlive: true,
  })
}

/** A backup of something else, taken by a wrong DATABASE_URL, would push the good ones out. */
export async function requireOurs(client: pg.Client, databaseUrl: string): Promise<void> {
  // `to_regclass` would fail for a user without rights on the schema, before pg_dump says what is missing.
  const { rowCount } = await client.query(
    `SELECT FROM pg_class JOIN pg_namespace AS schema ON schema.oid = relnamespace
     WHERE nspname = 'booking' AND relname = 'tickets'`,
  )
  if (rowCount) return
  const database = describeDatabase(databaseUrl)
  throw new ExplainedError(`${database} has no table booking.tickets: it is not the database of this system.`)
}
