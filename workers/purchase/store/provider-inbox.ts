import type { Database } from '#shared/database/postgres.ts'
import type { ProviderEvent } from '../webhooks/provider-event.ts'

/* SQL about events of providers. */

/** Stores a provider's event, in the transaction that applies it. False: it was already stored and applied. */
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
