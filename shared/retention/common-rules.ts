import type { OutboxSchema } from '#shared/facts/outbox.ts'
import { oldRows, type RetentionRule } from './retention.ts'

/* Rules for tables that several schemas have. */

/** Commands, with the replies that `once` stores for repetitions. */
export function oldCommands(schema: 'event' | 'booking'): RetentionRule {
  return oldRows({ name: 'commands', table: `${schema}.commands`, key: 'scope, key', since: 'created_at' })
}

/** Published facts. An unpublished one stays, however old. */
export function oldFacts(schema: OutboxSchema): RetentionRule {
  return oldRows({
    name: 'outbox',
    table: `${schema}.outbox`,
    key: 'id',
    since: 'published_at',
    only: 'published_at IS NOT NULL',
  })
}
