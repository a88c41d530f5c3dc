import pg from 'pg'
import { ExplainedError } from './explained-error.ts'

/** Host, port and database, for people. */
export function describeDatabase(databaseUrl: string): string {
  const { host, pathname } = new URL(databaseUrl)
  return `${decodeURIComponent(pathname.slice(1))} at ${host}`
}

/** Lets `work` have a session, which ends with it. Throws `ExplainedError` without an answer within five seconds. */
export async function withDatabase<Result>(
  url: string,
  work: (client: pg.Client) => Promise<Result>,
  settings: pg.ClientConfig = {},
): Promise<Result> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, ...settings })
  // The query that suffers throws by itself; without a listener a lost connection would end the process.
  client.on('error', () => undefined)
  await client.connect().catch((error: Error) => {
    throw new ExplainedError(`No database answers for ${describeDatabase(url)}: ${error.message}`, { cause: error })
  })
  try {
    return await work(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}
