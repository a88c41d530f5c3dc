import { listBookings as contract } from '#shared/contracts/bookings.ts'
import type { Database } from '#shared/database/postgres.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { ownIdIn, pageOf } from '../pages.ts'
import { countBookingsOf, listBookingsOf } from '../store/bookings.ts'

/** The cursor is the id of the last booking of a page: ids sort by time. */
export function listBookings({ postgres }: { postgres: Database }): Operation {
  return operation(contract, async ({ limit, cursor }, context) => {
    const userId = requireUser(context.caller)
    const found = await listBookingsOf(postgres, { userId, beforeId: ownIdIn(cursor), limit: limit + 1 })
    const count = await countBookingsOf(postgres, userId)
    return {
      message: `${count} ${count === 1 ? 'booking' : 'bookings'} of user ${userId}`,
      ...pageOf(found, limit, ({ id }) => id),
    }
  })
}
