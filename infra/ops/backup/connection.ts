import pg from 'pg'
import { ExplainedError } from '../../explained-error.ts'

/** How PostgreSQL's own programs reach a database. */
export interface Connection {
  /** A connection string without the password, which other users would see in the list of processes. */
  readonly dbname: string
  readonly environment: NodeJS.ProcessEnv
}

/** A server that no longer answers is given up; without these a program would wait for it for ever. */
const deadlines = { connect_timeout: '10', tcp_user_timeout: '60000', keepalives_idle: '30' }

const connectTimeoutMs = 10_000
/** Of one statement, counting or reading everything in a table: nobody waits longer for a backup. */
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

/** Host, port and database, for people. */
export function describeDatabase(databaseUrl: string): string {
  const { host, pathname } = new URL(databaseUrl)
  return `${decodeURIComponent(pathname.slice(1))} at ${host}`
}

/** A session of its own. Throws `ExplainedError` when nobody answers. */
export async function connectForBackup(databaseUrl: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'ticketing-backup',
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + 1_000,
    keepAlive: true,
  })
  // Pending queries fail as well; without a listener a lost connection would end the process.
  client.on('error', () => undefined)
  await client.connect().catch((error: Error) => {
    throw new ExplainedError(`No database answers for ${describeDatabase(databaseUrl)}: ${error.message}`, {
      cause: error,
    })
  })
  return client
}
