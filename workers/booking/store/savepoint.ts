import type { Database } from '#shared/database/postgres.ts'

/**
 * Runs `work` and keeps the locks it took only when it answers something true. When it answers `false`, `null` or
 * `undefined`, or throws, they are given up at once instead of at the end of the transaction.
 */
export async function keepingLocksOfSuccess<Result>(db: Database, work: () => Promise<Result>): Promise<Result> {
  await db.query('SAVEPOINT attempt')
  let result: Result
  try {
    result = await work()
  } catch (error) {
    // When the connection is gone, that is what the caller must hear, and not that there is nothing to roll back.
    await db.query('ROLLBACK TO SAVEPOINT attempt').catch(() => undefined)
    throw error
  }
  await db.query(result ? 'RELEASE SAVEPOINT attempt' : 'ROLLBACK TO SAVEPOINT attempt')
  return result
}
