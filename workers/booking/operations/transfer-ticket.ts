import type { ParsedRequestOf, ReplyOf } from '#shared/contracts/contract.ts'
import { transferTicket as contract } from '#shared/contracts/tickets.ts'
import { once } from '#shared/database/idempotency.ts'
import type { Database, Postgres } from '#shared/database/postgres.ts'
import { keyOf, publicId } from '#shared/ids.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { noTicketOfCaller } from '../refusals.ts'
import { lockBooking } from '../store/bookings.ts'
import { readTicket, setHolder } from '../store/carried-tickets.ts'
import { lockTickets } from '../store/tickets.ts'
import { refuseTransfer } from '../transfer-policy.ts'

/** The reply contains no code: only the new holder gets it. */
export function transferTicket({ postgres }: { postgres: Postgres }): Operation {
  return operation(contract, async (request, context) => {
    const userId = requireUser(context.caller)
    const command = { schema: 'booking', operation: contract.operation, request, context } as const
    return postgres.transaction((db) => once(db, command, () => transfer(db, userId, request)))
  })
}

async function transfer(
  db: Database,
  userId: string,
  { ticket_id, to_user_id }: ParsedRequestOf<typeof contract>,
): Promise<ReplyOf<typeof contract>> {
  const key = keyOf(ticket_id)
  const found = await readTicket(db, key)
  if (found === undefined) throw noTicketOfCaller()
  const booking = await lockBooking(db, found.booking)
  // A gate that admits a ticket locks it, but not its booking.
  await lockTickets(db, found.booking)
  // Read again: before it was locked it may have changed hands, entered or become void.
  const stored = await readTicket(db, key)
  if (booking === undefined || stored?.holderId !== userId) throw noTicketOfCaller()
  refuseTransfer({
    status: stored.ticket.status,
    paymentStatus: booking.payment.status,
    bookingId: publicId(stored.booking),
    holderId: userId,
    toUserId: to_user_id,
  })
  const serial = await setHolder(db, key, to_user_id === stored.buyerId ? null : to_user_id)
  const message = `Passed on to ${to_user_id}. Your code is no longer valid.`
  return { ticket_id, event_id: key.eventId, to_user_id, serial, message }
}
