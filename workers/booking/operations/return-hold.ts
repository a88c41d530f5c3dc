import { returnHold as contract } from '#shared/contracts/payment-steps.ts'
import type { Database, Postgres } from '#shared/database/postgres.ts'
import { addFact } from '#shared/facts/outbox.ts'
import { type Key, keyOf } from '#shared/ids.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { holdFact, noPlaces } from '../facts.ts'
import { endAndPublish } from '../hold-ends.ts'
import { supersedes } from '../payment-status.ts'
import { noSuchBooking } from '../refusals.ts'
import { findBookingOrigin, lockBooking, notePayment } from '../store/bookings.ts'
import { stopPaying } from '../store/hold-times.ts'
import { type LockedHold, lockHold } from '../store/holds.ts'

/** Idempotent; does nothing after the next attempt began. */
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
      await endPaying(db, origin.hold, hold)
      return {}
    })
  })
}

async function endPaying(db: Database, key: Key, { userId, status, withinPromise, ended }: LockedHold): Promise<void> {
  if (status === 'paying' && withinPromise) {
    const expiresInMs = await stopPaying(db, key)
    const returned = holdFact(key, { what: 'returned', status: 'active', userId, expiresInMs, ...noPlaces })
    await addFact(db, 'booking', returned)
  } else if (!ended) {
    await endAndPublish(db, [key], 'expired')
  }
}
