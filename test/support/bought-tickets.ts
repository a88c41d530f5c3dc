import type { Booking } from '#shared/contracts/bookings.ts'
import { viewBooking } from '#shared/contracts/bookings.ts'
import type { RequestOf } from '#shared/contracts/contract.ts'
import { holdSeats } from '#shared/contracts/holds.ts'
import { beginPayment, confirmHold, recordPayment } from '#shared/contracts/payment-steps.ts'
import type { BookingWorkers } from './booking-workers.ts'

type Selection = Omit<RequestOf<typeof holdSeats>, 'event_id'>

/** Holds, confirms and, unless told otherwise, captures. Answers the booking. */
export async function buyTickets(
  workers: BookingWorkers,
  { eventId, as, captured = true, ...selection }: Selection & { eventId: string; as: string; captured?: boolean },
): Promise<Booking> {
  const { id, total_minor } = await workers.ask(holdSeats, { event_id: eventId, ...selection }, { as })
  const { booking_id, attempt } = await workers.ask(beginPayment, { hold_id: id }, { as })
  await workers.ask(confirmHold, { booking_id })
  if (!captured) return workers.ask(viewBooking, { booking_id }, { as })
  return workers.ask(recordPayment, { booking_id, attempt, status: 'captured', captured_minor: total_minor })
}
