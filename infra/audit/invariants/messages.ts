import { type Invariant, isOverdue } from './invariant.ts'

const outboxes = ['event', 'booking', 'purchase']
/** A relay passes several times a second; a minute outlives a NATS server that is being restarted. */
const publishedWithin = `interval '1 minute'`

/** What happened is told. */
export const messageInvariants: readonly Invariant[] = [
  {
    id: 'I18',
    says: 'every fact in an outbox is published within a minute',
    violations: outboxes
      .map(
        (schema) => `
      SELECT format('${schema} fact %s', id) AS example
      FROM ${schema}.outbox WHERE published_at IS NULL AND ${isOverdue('created_at', publishedWithin)}`,
      )
      .join(' UNION ALL '),
  },
]
