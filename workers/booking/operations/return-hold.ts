import { returnHold as contract } from '#shared/contracts/booking.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { Postgres } from '#shared/postgres.ts'
import { keyOf } from '../keys.ts'
import { supersedes } from '../payment-status.ts'
import { noSuchBooking } from '../refusals.ts'
import { findBookingOrigin, lockBooking, notePayment } from '../store/bookings.ts'
import { endHolds, lockHold, stopPaying } from '../store/holds.ts'

/** A repetition, or one that comes after the next attempt began, changes nothing. */
export function returnHold({ postgres }: { postgres: Postgres }): Operation {
  return operation(contract, async ({ booking_id, attempt }) => {
    const key = keyOf(booking_id)
    return postgres.transaction(async (db) => {
      const origin = await findBookingOrigin(db, key)
      if (origin === undefined) throw noSuchBooking()
      const hold = await lockHold(db, origin.hold)
      const booking = await lockBooking(db, key)
      const failed = { attempt, status: 'failed' } as const
      if (hold === undefined || booking === undefined || !supersedes(failed, booking.payment)) return {}
      await notePayment(db, key, { ...failed, capturedMinor: 0 })
      if (hold.status === 'paying' && hold.withinPromise) {
        await stopPaying(db, { hold: origin.hold, seatNos: hold.seatNos })
      } else if (!hold.ended) {
        await endHolds(db, [origin.hold], 'expired')
      }
      return {}
    })
  })
}
