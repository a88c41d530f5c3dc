import pg from 'pg'
import { until } from '../support/until.ts'

/** What every design gets, all the same: a table of free seats, behind a limited number of connections. */
export interface Lab {
  readonly redisUrl: string
  readonly holdTtlMs: number
  /** How often a job may clear up, for a design that needs one. */
  readonly sweepEveryMs: number
  /** All of `work` or nothing; `null` when no connection or no lock was free in time. */
  transaction<Result>(work: (db: pg.ClientBase) => Promise<Result>): Promise<Result | null>
  /** Connections in use now, also those that only keep a transaction open. */
  busy(): number
  /** Waits for transactions that are under way. */
  close(): Promise<void>
}

/** How long a call waits for a connection, and again for a row that somebody else has locked. The product's own pool waits longer. */
const patienceMs = 500

export interface LabOptions extends Pick<Lab, 'redisUrl' | 'holdTtlMs' | 'sweepEveryMs'> {
  readonly databaseUrl: string
  readonly connections: number
  readonly seats: number
}

/** A lab for one design, in a schema named after it. */
export async function openLab(name: string, options: LabOptions): Promise<Lab> {
  const { databaseUrl, connections, seats, ...given } = options
  const schema = name.replaceAll(/\W+/g, '_').toLowerCase()
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    options: `-c search_path=${schema} -c lock_timeout=${patienceMs}`,
    max: connections,
    connectionTimeoutMillis: patienceMs,
    // For a server that hangs.
    statement_timeout: 10_000,
    query_timeout: 11_000,
    idleTimeoutMillis: 0,
  })
  pool.on('error', () => undefined)
  // Opened beforehand, so that no buyer pays for that; a busy machine may need more than one attempt.
  await until('all connections are open', async () => {
    await Promise.allSettled(Array.from({ length: connections }, () => pool.query('SELECT pg_sleep(0.1)')))
    return pool.totalCount === connections
  })
  await pool.query(`CREATE SCHEMA ${schema}`)
  await pool.query(`CREATE TABLE seats (seat_no int PRIMARY KEY, status text NOT NULL DEFAULT 'available',
    hold_id uuid, held_until timestamptz) WITH (fillfactor = 70)`)
  await pool.query('INSERT INTO seats (seat_no) SELECT generate_series(0, $1 - 1)', [seats])
  await pool.query('ANALYZE seats')
  return {
    ...given,
    transaction: (work) => inTransaction(pool, work),
    busy: () => pool.totalCount - pool.idleCount,
    close: () => pool.end(),
  }
}

async function inTransaction<Result>(
  pool: pg.Pool,
  work: (db: pg.ClientBase) => Promise<Result>,
): Promise<Result | null> {
  let client: pg.PoolClient | undefined
  try {
    client = await pool.connect()
    await client.query('BEGIN')
    const result = await work(client)
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client?.query('ROLLBACK')
    if (isLate(error as Error)) return null
    throw error
  } finally {
    client?.release()
  }
}

/** No lock in time, two who waited for each other, or no connection: for that the pool has no code. */
const isLate = (error: Error): boolean =>
  error instanceof pg.DatabaseError
    ? ['55P03', '57014', '40P01'].includes(error.code ?? '')
    : /timeout exceeded|connection timeout/.test(error.message)
