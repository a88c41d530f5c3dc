import pg from 'pg'
import type { Queryable } from '#shared/database/postgres.ts'

/** How long a buyer's call waits for a connection, and again for a row that somebody else has locked. */
const patienceMs = 500

/** To open the connections of a warm-up: far more than a machine needs that will ever be ready. */
const maxAttempts = 100

/** No connection or no lock was free in time. To a buyer that is a refusal. */
export class OutOfTime extends Error {}

export interface LabDatabaseOptions {
  readonly url: string
  /** Where the design's own table lies. */
  readonly schema: string
  readonly connections: number
}

/** The same number of connections and the same patience for every design; the product's own pool waits longer. */
export class LabDatabase implements Queryable {
  readonly #pool: pg.Pool
  readonly #connections: number

  constructor({ url, schema, connections }: LabDatabaseOptions) {
    this.#connections = connections
    this.#pool = new pg.Pool({
      connectionString: url,
      application_name: schema,
      options: `-c search_path=${schema} -c lock_timeout=${patienceMs}`,
      max: connections,
      connectionTimeoutMillis: patienceMs,
      // For a server that hangs.
      statement_timeout: 10_000,
      query_timeout: 11_000,
      idleTimeoutMillis: 0,
    })
    this.#pool.on('error', () => undefined)
  }

  /** Opens all connections beforehand, so that no buyer pays for that. A busy machine may need more than one attempt. */
  async warmUp(): Promise<void> {
    const clients: pg.PoolClient[] = []
    try {
      for (let attempt = 0; clients.length < this.#connections; attempt += 1) {
        const client = await this.#connect().catch((error: unknown) => {
          if (error instanceof OutOfTime && attempt < maxAttempts) return null
          throw error
        })
        if (client) clients.push(client)
      }
    } finally {
      for (const client of clients) client.release()
    }
  }

  async query<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    const client = await this.#connect()
    try {
      return await rowsOf<Row>(client, text, values)
    } finally {
      client.release()
    }
  }

  /** All of `work` or nothing. */
  async transaction<Result>(work: (db: Queryable) => Promise<Result>): Promise<Result> {
    const client = await this.#connect()
    try {
      await client.query('BEGIN')
      const result = await work({ query: (text, values = []) => rowsOf(client, text, values) })
      await client.query('COMMIT')
      return result
    } catch (error) {
      await client.query('ROLLBACK')
      throw error
    } finally {
      client.release()
    }
  }

  async close(): Promise<void> {
    await this.#pool.end()
  }

  async #connect(): Promise<pg.PoolClient> {
    return this.#pool.connect().catch((error: Error) => {
      // The pool gives neither of these errors a code: all connections are busy, or a new one did not come about.
      throw /timeout exceeded|connection timeout/.test(error.message)
        ? new OutOfTime('no connection in time', { cause: error })
        : error
    })
  }
}

async function rowsOf<Row>(client: pg.PoolClient, text: string, values: readonly unknown[]): Promise<Row[]> {
  try {
    return (await client.query(text, [...values])).rows as Row[]
  } catch (error) {
    throw saysTooLate(error) ? new OutOfTime('no lock in time', { cause: error }) : error
  }
}

/** A lock that took too long, a statement that did, or two who waited for each other. */
function saysTooLate(error: unknown): boolean {
  return error instanceof pg.DatabaseError && ['55P03', '57014', '40P01'].includes(error.code ?? '')
}
