import { viewAreas as contract } from '#shared/contracts/seats.ts'
import type { Database } from '#shared/database/postgres.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { countAreas } from '../store/seat-views.ts'

/** Counts as buyers see them: places of expired holds are available. */
export function viewAreas({ postgres }: { postgres: Database }): Operation {
  return operation(contract, async ({ event_id: eventId }) => ({ areas: await countAreas(postgres, eventId) }))
}
