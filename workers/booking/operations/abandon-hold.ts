import { abandonHold as contract } from '#shared/contracts/holds.ts'
import { once } from '#shared/database/idempotency.ts'
import type { Database, Postgres } from '#shared/database/postgres.ts'
import { type Key, keyOf } from '#shared/ids.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { endAndTell } from '../hold-ends.ts'
import { lockOwnHold } from '../own-hold.ts'

export function abandonHold({ postgres }: { postgres: Postgres }): Operation {
  return operation(contract, async (request, context) => {
    const key = keyOf(request.hold_id)
    const command = { schema: 'booking', operation: contract.operation, request, context } as const
    return postgres.transaction((db) => once(db, command, () => abandon(db, key, requireUser(context.caller))))
  })
}

/** Nobody reads the answer of a page that closes, so places that are being paid for or bought are simply kept. */
async function abandon(db: Database, key: Key, userId: string): Promise<Record<string, never>> {
  const hold = await lockOwnHold(db, key, userId)
  if (hold.status === 'active') await endAndTell(db, [key], 'released')
  return {}
}
