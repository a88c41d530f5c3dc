import { abandonHold as contract } from '#shared/contracts/holds.ts'
import { once } from '#shared/database/idempotency.ts'
import type { Database, Postgres } from '#shared/database/postgres.ts'
import { type Key, keyOf } from '#shared/ids.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { endAndPublish } from '../hold-ends.ts'
import { lockOwnHold } from '../own-hold.ts'

/** Releases the hold of a buyer who has closed the page. */
export function abandonHold({ postgres }: { postgres: Postgres }): Operation {
  return operation(contract, async (request, context) => {
    const key = keyOf(request.hold_id)
    const command = { schema: 'booking', operation: contract.operation, request, context } as const
    return postgres.transaction((db) => once(db, command, () => abandon(db, key, requireUser(context.caller))))
  })
}

/** Nobody reads this answer, so for places that are being paid for or were bought it does nothing. */
async function abandon(db: Database, key: Key, userId: string): Promise<Record<string, never>> {
  const hold = await lockOwnHold(db, key, userId)
  if (hold.status === 'active') await endAndPublish(db, [key], 'released')
  return {}
}
