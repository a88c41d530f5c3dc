import { releaseHold as contract } from '#shared/contracts/holds.ts'
import { once } from '#shared/database/idempotency.ts'
import type { Database, Postgres } from '#shared/database/postgres.ts'
import { TicketingError } from '#shared/errors.ts'
import { type Key, keyOf } from '#shared/ids.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { endAndPublish } from '../hold-ends.ts'
import { lockOwnHold } from '../own-hold.ts'

/** Idempotent; does nothing after the hold has expired. */
export function releaseHold({ postgres }: { postgres: Postgres }): Operation {
  return operation(contract, async (request, context) => {
    const key = keyOf(request.hold_id)
    const command = { schema: 'booking', operation: contract.operation, request, context } as const
    return postgres.transaction((db) => once(db, command, () => release(db, key, requireUser(context.caller))))
  })
}

async function release(db: Database, key: Key, userId: string): Promise<Record<string, never>> {
  const hold = await lockOwnHold(db, key, userId)
  if (hold.status === 'paying') {
    throw new TicketingError('hold_paying', 'These places are being paid for; they cannot be released now.')
  }
  if (hold.status === 'converted') {
    throw new TicketingError('already_purchased', 'You have bought these places.')
  }
  if (hold.status === 'active') await endAndPublish(db, [key], 'released')
  return {}
}
