import { withDatabase } from '../../with-database.ts'

/* What happens to a database beside the requests of the benchmark. */

/** Gives the planner statistics of all tables. */
export function analyse(databaseUrl: string): Promise<void> {
  return withDatabase(databaseUrl, async (client) => {
    await client.query('ANALYZE')
  })
}

/** Leaves nothing to sell in these houses. */
export function blockAllSeats(databaseUrl: string, eventIds: readonly string[]): Promise<void> {
  return withDatabase(databaseUrl, async (client) => {
    await client.query(`UPDATE booking.event_seats SET state = 'blocked' WHERE event_id = ANY($1)`, [eventIds])
  })
}
