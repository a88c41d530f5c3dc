import type { CarriedTicket } from '#shared/contracts/tickets.ts'
import { publicId } from '#shared/ids.ts'
import type { StoredTicket } from './store/carried-tickets.ts'
import type { TicketCodes } from './ticket-codes.ts'

/**
 * A ticket as this user may see it. The holder sees the code while the ticket is valid; the buyer of a ticket that was passed on sees no
 * code; for everybody else undefined. Throws `unavailable` if the ticket cannot be signed.
 */
export async function carriedTicketFor(
  userId: string,
  { ticket, booking, buyerId, holderId }: StoredTicket,
  codes: TicketCodes,
): Promise<CarriedTicket | undefined> {
  const isHolder = userId === holderId
  const isBuyer = userId === buyerId
  if (!isHolder && !isBuyer) return undefined
  return {
    ...ticket,
    booking_id: isBuyer ? publicId(booking) : null,
    ...(isHolder ? {} : { passed_on: true as const }),
    code: isHolder && ticket.status === 'valid' ? await codes.sign(ticket) : null,
  }
}
