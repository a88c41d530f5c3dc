import type { Postgres } from '#shared/database/postgres.ts'
import { defaultRetentionDays, type RetentionName } from '#shared/retention/periods.ts'
import type { RetentionRule } from '#shared/retention/retention.ts'

/** Applies the rules of that name once, with their default periods. Answers the deleted rows of tables that lost any. */
export async function deleteOld(
  postgres: Postgres,
  rules: readonly RetentionRule[],
  name: RetentionName,
  limit = 500,
): Promise<Record<string, number>> {
  const deleted: Record<string, number> = {}
  for (const rule of rules.filter((rule) => rule.name === name)) {
    let isMore = true
    while (isMore) {
      const removal = await rule.remove(postgres, { days: defaultRetentionDays[name], limit })
      for (const [table, rows] of Object.entries(removal.rows)) {
        if (rows > 0) deleted[table] = (deleted[table] ?? 0) + rows
      }
      isMore = removal.isMore
    }
  }
  return deleted
}
