import pg from 'pg'

/* What happens to a database beside the requests of the benchmark. */

/** Gives the planner statistics of all tables. */
export function analyse(databaseUrl: string): Promise<void> {
  return asSuperuser(databaseUrl, async (client) => {
    await client.query('ANALYZE')
  })
}

/** Leaves nothing to sell in these houses. */
export function blockAllSeats(databaseUrl: string, eventIds: readonly string[]): Promise<void> {
  return asSuperuser(databaseUrl, async (client) => {
    await client.query(`UPDATE booking.event_seats SET state = 'blocked' WHERE event_id = ANY($1)`, [eventIds])
  })
}

export async function asSuperuser<Result>(
  databaseUrl: string,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
