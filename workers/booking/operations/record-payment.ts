import { recordPayment as contract } from '#shared/contracts/payment-steps.ts'
import type { Postgres } from '#shared/database/postgres.ts'
import { keyOf } from '#shared/ids.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { supersedes } from '../payment-status.ts'
import { lockBooking, notePayment, requireBooking } from '../store/bookings.ts'

/** Ignores a status that is not newer than the one the booking shows. */
export function recordPayment({ postgres }: { postgres: Postgres }): Operation {
  return operation(contract, async ({ booking_id, attempt, status, captured_minor }) => {
    const key = keyOf(booking_id)
    return postgres.transaction(async (db) => {
      const known = await lockBooking(db, key)
      if (known && supersedes({ attempt, status }, known.payment)) {
        await notePayment(db, key, { attempt, status, capturedMinor: captured_minor })
      }
      return requireBooking(db, key)
    })
  })
}
