import { viewBooking as contract } from '#shared/contracts/bookings.ts'
import type { Database } from '#shared/database/postgres.ts'
import { keyOf } from '#shared/ids.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { noSuchBooking } from '../refusals.ts'
import { readBooking } from '../store/bookings.ts'

/** Another buyer's booking does not exist. */
export function viewBooking({ postgres }: { postgres: Database }): Operation {
  return operation(contract, async ({ booking_id }, context) => {
    const booking = await readBooking(postgres, keyOf(booking_id))
    if (booking?.user_id !== requireUser(context.caller)) throw noSuchBooking()
    return booking
  })
}
