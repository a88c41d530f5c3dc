import type { BookedPaymentStatus } from '#shared/contracts/bookings.ts'
import { invalidRequest, TicketingError } from '#shared/errors.ts'
import type { TicketState } from './cancellation-policy.ts'

export interface TransferWish {
  readonly status: TicketState['status']
  readonly paymentStatus: BookedPaymentStatus
  /** Public id of the booking. */
  readonly bookingId: string
  readonly holderId: string
  readonly toUserId: string
}

/**
 * A valid ticket can be passed on until it is used, even after the event began: friends come late. Not before it is paid for, because a
 * failed payment would make it void in somebody else's hands. Throws `ticket_void`, `ticket_used`, `payment_in_progress` or
 * `validation_failed`.
 */
export function refuseTransfer({ status, paymentStatus, bookingId, holderId, toUserId }: TransferWish): void {
  if (status === 'void') throw new TicketingError('ticket_void', 'This ticket is void; it cannot be passed on.')
  if (status === 'used') throw new TicketingError('ticket_used', 'This ticket has been used; it cannot be passed on.')
  if (paymentStatus !== 'captured') {
    throw new TicketingError(
      'payment_in_progress',
      'This ticket is still being paid for; its booking shows when the payment has ended.',
      {
        extra: { booking_id: bookingId },
      },
    )
  }
  if (toUserId === holderId) throw invalidRequest([{ pointer: '/to_user_id', detail: 'already has this ticket' }])
}
