import { releaseHold as contract } from '#shared/contracts/booking.ts'
import { TicketingError } from '#shared/errors.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { Postgres } from '#shared/postgres.ts'
import { buyerOf } from '../buyer.ts'
import { keyOf } from '../keys.ts'
import { noSuchHold } from '../refusals.ts'
import { endHolds, lockHold } from '../store/holds.ts'

export function releaseHold({ postgres }: { postgres: Postgres }): Operation {
  return operation(contract, async ({ hold_id }, context) => {
    const key = keyOf(hold_id)
    return postgres.transaction(async (db) => {
      const hold = await lockHold(db, key)
      if (hold?.userId !== buyerOf(context)) throw noSuchHold()
      if (hold.status === 'paying') {
        throw new TicketingError('hold_paying', 'These seats are being paid for; they cannot be given back now.')
      }
      if (hold.status === 'converted') {
        throw new TicketingError('already_purchased', 'You have bought these seats.')
      }
      if (hold.status === 'active') await endHolds(db, [key], 'released')
      return {}
    })
  })
}
