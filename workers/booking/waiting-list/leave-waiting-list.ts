import { leaveWaitingList as contract } from '#shared/contracts/waiting-list.ts'
import { once } from '#shared/database/idempotency.ts'
import type { Database, Postgres } from '#shared/database/postgres.ts'
import { TicketingError } from '#shared/errors.ts'
import type { Key } from '#shared/ids.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { endAndPublish } from '../hold-ends.ts'
import type { Buyer } from '../store/buyers.ts'
import { lockHold } from '../store/holds.ts'
import { publishEnds } from './facts.ts'
import type { OneAtATime } from './one-at-a-time.ts'
import { endEntry, lockList, lockOpenEntry, noteWaitedFor } from './store.ts'

/** Idempotent, also without an entry. */
export function leaveWaitingList({ postgres, turns }: { postgres: Postgres; turns: OneAtATime }): Operation {
  return operation(contract, async (request, context) => {
    const buyer = { eventId: request.event_id, userId: requireUser(context.caller) }
    const command = { schema: 'booking', operation: contract.operation, request, context } as const
    return turns.run(buyer.eventId, () => postgres.transaction((db) => once(db, command, () => leave(db, buyer))))
  })
}

async function leave(db: Database, buyer: Buyer): Promise<Record<string, never>> {
  await lockList(db, buyer.eventId)
  const entry = await lockOpenEntry(db, buyer)
  if (entry === undefined) return {}
  if (entry.holdId !== null) {
    const key = { eventId: buyer.eventId, ownId: entry.holdId }
    const hold = await lockHold(db, key)
    if (hold?.status === 'paying') {
      throw new TicketingError('hold_paying', 'The offered places are being paid for; they cannot be released now.')
    }
    // The offer was bought; the next run on this list records that.
    if (hold?.status === 'converted') return {}
    if (hold?.status === 'active') await endAndPublish(db, [key], 'released')
  }
  await endAndPublishEntry(db, entry)
  return {}
}

/** Ends an open entry whose buyer leaves. The lock of the list is held. */
export async function endAndPublishEntry(db: Database, entry: Key): Promise<void> {
  const left = await endEntry(db, entry, { status: 'left' })
  await noteWaitedFor(db, entry.eventId)
  await publishEnds(db, left)
}
