import { listBookings as contract } from '#shared/contracts/bookings.ts'
import type { Database } from '#shared/database/postgres.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { ownIdIn } from '../page-cursor.ts'
import { countBookingsOf, listBookingsOf } from '../store/bookings.ts'

/** The cursor is the id of the last booking of a page: ids sort by time. */
export function listBookings({ postgres }: { postgres: Database }): Operation {
  return operation(contract, async ({ limit, cursor }, context) => {
    const userId = requireUser(context.caller)
    const beforeId = cursor === undefined ? null : ownIdIn(cursor)
    const found = await listBookingsOf(postgres, { userId, beforeId, limit: limit + 1 })
    const items = found.slice(0, limit)
    const count = await countBookingsOf(postgres, userId)
    return {
      message: `${count} ${count === 1 ? 'booking' : 'bookings'} of user ${userId}`,
      items,
      next_cursor: found.length > limit ? (items.at(-1)?.id ?? null) : null,
    }
  })
}
