import type { Database } from '#shared/database/postgres.ts'
import type { ProviderEvent } from '../webhooks/provider-event.ts'

/* All SQL about what providers told. */

/** Longer than any provider goes on telling the same. */
const keptFor = '7 days'

/** Keeps what was told, in the transaction that applies it. False: it was told and applied before. */
export async function insertProviderEvent(
  db: Database,
  provider: string,
  { id, body }: ProviderEvent,
): Promise<boolean> {
  const kept = await db.query(
    `INSERT INTO purchase.provider_inbox (provider, provider_event_id, body) VALUES ($1, $2, $3)
     ON CONFLICT DO NOTHING RETURNING provider_event_id`,
    [provider, id, body],
  )
  return kept.length > 0
}

/** Deletes some of what was told long ago and answers how many. */
export async function deleteOldProviderEvents(db: Database, limit: number): Promise<number> {
  const deleted = await db.query(
    `DELETE FROM purchase.provider_inbox WHERE (provider, provider_event_id) IN (
       SELECT provider, provider_event_id FROM purchase.provider_inbox WHERE received_at < now() - interval '${keptFor}'
       LIMIT $1 FOR UPDATE SKIP LOCKED)
     RETURNING provider`,
    [limit],
  )
  return deleted.length
}
