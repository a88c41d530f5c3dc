import { recordPayment as contract } from '#shared/contracts/payment-steps.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { Postgres } from '#shared/postgres.ts'
import { keyOf } from '../keys.ts'
import { supersedes } from '../payment-status.ts'
import { noSuchBooking } from '../refusals.ts'
import { lockBooking, notePayment, readBooking } from '../store/bookings.ts'

export function recordPayment({ postgres }: { postgres: Postgres }): Operation {
  return operation(contract, async ({ booking_id, attempt, status, captured_minor }) => {
    const key = keyOf(booking_id)
    return postgres.transaction(async (db) => {
      const known = await lockBooking(db, key)
      if (known && supersedes({ attempt, status }, known.payment)) {
        await notePayment(db, key, { attempt, status, capturedMinor: captured_minor })
      }
      const booking = await readBooking(db, key)
      if (booking === undefined) throw noSuchBooking()
      return booking
    })
  })
}
