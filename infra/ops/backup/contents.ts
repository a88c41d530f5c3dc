import type pg from 'pg'

/** What is in a database, short enough to be compared after a restore. */
export interface Contents {
  /** Rows by table: `booking.tickets`. */
  readonly rows: Readonly<Record<string, number>>
  /** What ran, as `booking/001-name.sql`. */
  readonly migrations: readonly string[]
  /** When the last places were sold; null before the first sale. */
  readonly lastSaleAt: string | null
}

/** Counts every table, in the transaction that is open on `client`. */
export async function readContents(client: pg.Client): Promise<Contents> {
  const { rows: tables } = await client.query<{ schema: string; name: string; counted: string }>(
    `SELECT nspname AS schema, relname AS name, format('%I.%I', nspname, relname) AS counted
     FROM pg_class JOIN pg_namespace AS schema ON schema.oid = relnamespace
     WHERE relkind = 'r' AND nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%'
     ORDER BY nspname COLLATE "C", relname COLLATE "C"`,
  )
  const rows: Record<string, number> = {}
  const migrations: string[] = []
  for (const { schema, name, counted } of tables) {
    rows[`${schema}.${name}`] = await numberOf(client, `SELECT count(*) AS number FROM ${counted}`)
    if (name === 'schema_migrations') migrations.push(...(await migrationsOf(client, { schema, table: counted })))
  }
  return { rows, migrations, lastSaleAt: 'booking.sale_log' in rows ? await readLastSaleAt(client) : null }
}

/** When the last places were sold; null before the first sale. */
export async function readLastSaleAt(client: pg.Client): Promise<string | null> {
  const { rows } = await client.query<{ at: Date | null }>(
    `SELECT max(at) AS at FROM booking.sale_log WHERE what = 'sold'`,
  )
  return rows[0]?.at?.toISOString() ?? null
}

/** What is not as it was, one sentence each. */
export function differences(expected: Contents, found: Contents): string[] {
  const tables = new Set([...Object.keys(expected.rows), ...Object.keys(found.rows)])
  const rows = [...tables]
    .filter((table) => expected.rows[table] !== found.rows[table])
    .map((table) => `${table}: ${rowsOf(expected, table)} in the manifest, now ${rowsOf(found, table)}`)
  const missing = expected.migrations.filter((name) => !found.migrations.includes(name))
  return [
    ...rows,
    ...missing.map((name) => `migration ${name} is missing`),
    ...(expected.lastSaleAt === found.lastSaleAt
      ? []
      : [`last sale: ${expected.lastSaleAt} in the manifest, now ${found.lastSaleAt}`]),
  ]
}

/** The number of rows of all tables. */
export function totalRows({ rows }: Contents): number {
  return Object.values(rows).reduce((sum, count) => sum + count, 0)
}

function rowsOf({ rows }: Contents, table: string): string {
  const count = rows[table]
  return count === undefined ? 'no such table' : `${count} rows`
}

async function numberOf(client: pg.Client, query: string): Promise<number> {
  const { rows } = await client.query<{ number: string }>(query)
  return Number(rows[0]?.number)
}

async function migrationsOf(
  client: pg.Client,
  { schema, table }: { schema: string; table: string },
): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(`SELECT name FROM ${table} ORDER BY name COLLATE "C"`)
  return rows.map(({ name }) => `${schema}/${name}`)
}
