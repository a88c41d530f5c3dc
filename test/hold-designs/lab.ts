import pg from 'pg'
import type { Queryable } from '#shared/database/postgres.ts'
import { until } from '../support/until.ts'

/** One way to keep a seat for a buyer who is still thinking. */
export interface HoldDesign {
  readonly name: string
  /** Starts whatever it needs beside its table, which is there and has only free seats. */
  open(lab: Lab): Promise<OpenHoldDesign>
}

/** What every design gets, all the same. */
export interface Lab {
  /** Finds the design's own table as `seats`. */
  readonly database: LabDatabase
  readonly redisUrl: string
  readonly holdTtlMs: number
  /** How often a job may clear up, for a design that needs one. */
  readonly sweepEveryMs: number
}

export interface OpenHoldDesign {
  /** All of the seats or none: `null` when one of them is taken. Throws `OutOfTime` when nobody can tell in time. */
  hold(seatNos: readonly number[]): Promise<HeldSeats | null>
  /** Waits for what it still has under way. */
  close(): Promise<void>
}

/** Seats that a buyer was promised for the time of a hold. A buyer who vanishes calls neither. */
export interface HeldSeats {
  /** Whether the seats are now the buyer's for good; a hold that ran out may have lost them. */
  buy(): Promise<boolean>
  release(): Promise<void>
}

/** No connection or no lock was free in time. To a buyer that is a refusal. */
export class OutOfTime extends Error {}

export interface LabDatabase extends Queryable {
  /** All of `work` or nothing. */
  transaction<Result>(work: (db: Queryable) => Promise<Result>): Promise<Result>
  close(): Promise<void>
}

/** How long a buyer's call waits for a connection, and again for a row that somebody else has locked. */
const patienceMs = 500

/**
 * A house of that many free seats in a schema of its own, behind so many connections. Every design has the same patience; the product's
 * own pool waits longer.
 */
export async function openLabDatabase(
  url: string,
  { schema, connections, seats }: { schema: string; connections: number; seats: number },
): Promise<LabDatabase> {
  const pool = new pg.Pool({
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
  pool.on('error', () => undefined)
  const lend = async <Result>(work: (db: Queryable) => Promise<Result>): Promise<Result> => {
    const client = await inTime(pool.connect())
    const query = async (text: string, values: readonly unknown[] = []) =>
      (await inTime(client.query(text, [...values]))).rows
    return work({ query }).finally(() => client.release())
  }
  // Opened beforehand, so that no buyer pays for that; a busy machine may need more than one attempt.
  await until('all connections are open', async () => {
    await Promise.allSettled(Array.from({ length: connections }, () => pool.query('SELECT pg_sleep(0.1)')))
    return pool.totalCount === connections
  })
  await pool.query(`CREATE SCHEMA ${schema}`)
  await pool.query(`CREATE TABLE seats (
    seat_no int PRIMARY KEY,
    status text NOT NULL DEFAULT 'available' CHECK (status IN ('available', 'held', 'sold')),
    hold_id uuid,
    held_until timestamptz
  ) WITH (fillfactor = 70)`)
  await pool.query('INSERT INTO seats (seat_no) SELECT generate_series(0, $1 - 1)', [seats])
  await pool.query('ANALYZE seats')
  return {
    query: (text, values) => lend((db) => db.query(text, values)),
    transaction: (work) =>
      lend(async (db) => {
        try {
          await db.query('BEGIN')
          const result = await work(db)
          await db.query('COMMIT')
          return result
        } catch (error) {
          await db.query('ROLLBACK')
          throw error
        }
      }),
    async close() {
      await pool.query(`DROP SCHEMA ${schema} CASCADE`).finally(() => pool.end())
    },
  }
}

/** Throws `OutOfTime` for a lock or a statement that took too long, or two who waited for each other. */
function inTime<Result>(call: Promise<Result>): Promise<Result> {
  return call.catch((error: Error) => {
    // The pool gives its errors no code: all connections are busy, or a new one did not come about.
    const isLate =
      error instanceof pg.DatabaseError
        ? ['55P03', '57014', '40P01'].includes(error.code ?? '')
        : /timeout exceeded|connection timeout/.test(error.message)
    throw isLate ? new OutOfTime('no connection or lock in time', { cause: error }) : error
  })
}
