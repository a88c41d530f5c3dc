import type { Queryable } from '#shared/database/postgres.ts'

/** The row of a query that always has one, such as a count. */
export async function oneRow<Row>(db: Queryable, text: string, values: readonly unknown[] = []): Promise<Row> {
  const [row] = await db.query<Row>(text, values)
  if (row === undefined) throw new Error('a query that always has a row answered none')
  return row
}
