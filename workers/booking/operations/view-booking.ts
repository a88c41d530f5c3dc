import { viewBooking as contract } from '#shared/contracts/bookings.ts'
import type { Database } from '#shared/database/postgres.ts'
import { keyOf } from '#shared/ids.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { noSuchBooking } from '../refusals.ts'
import { readBooking } from '../store/bookings.ts'

/** Another buyer's booking counts as not found; organisers see all bookings. */
export function viewBooking({ postgres }: { postgres: Database }): Operation {
  return operation(contract, async ({ booking_id }, context) => {
    const booking = await readBooking(postgres, keyOf(booking_id))
    const { caller } = context
    const mayRead = caller.role === 'organiser' || booking?.user_id === requireUser(caller)
    if (booking === undefined || !mayRead) throw noSuchBooking()
    return booking
  })
}
