import type pg from 'pg'
import { ExplainedError } from '../../explained-error.ts'
import { describeDatabase } from './connection.ts'

/** A backup of something else, taken by a wrong DATABASE_URL, would push the good ones out. */
export async function requireOurs(client: pg.Client, databaseUrl: string): Promise<void> {
  const { rowCount } = await client.query(
    `SELECT FROM pg_class JOIN pg_namespace AS schema ON schema.oid = relnamespace
     WHERE nspname = 'booking' AND relname = 'tickets'`,
  )
  if (rowCount) return
  const database = describeDatabase(databaseUrl)
  throw new ExplainedError(`${database} has no table booking.tickets: it is not the database of this system.`)
}
