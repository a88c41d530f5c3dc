import type { Database } from '#shared/database/postgres.ts'

/**
 * Runs `work` and keeps its locks only if it returns something truthy. Otherwise, or if it throws, the locks are released at once instead
 * of at the end of the transaction.
 */
export async function keepLocksOnSuccess<Result>(db: Database, work: () => Promise<Result>): Promise<Result> {
  await db.query('SAVEPOINT attempt')
  let result: Result
  try {
    result = await work()
  } catch (error) {
    // If the connection is lost, the caller must see that error, not the failed rollback.
    await db.query('ROLLBACK TO SAVEPOINT attempt').catch(() => undefined)
    throw error
  }
  await db.query(result ? 'RELEASE SAVEPOINT attempt' : 'ROLLBACK TO SAVEPOINT attempt')
  return result
}
