import { viewTicket as contract } from '#shared/contracts/tickets.ts'
import type { Database } from '#shared/database/postgres.ts'
import { keyOf } from '#shared/ids.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { carriedTicketFor } from '../carried-ticket.ts'
import { noTicketOfCaller } from '../refusals.ts'
import { readTicket } from '../store/carried-tickets.ts'
import type { TicketCodes } from '../ticket-codes.ts'

/** A ticket that the caller neither holds nor bought counts as not found. */
export function viewTicket({ postgres, codes }: { postgres: Database; codes: TicketCodes }): Operation {
  return operation(contract, async ({ ticket_id }, { caller }) => {
    const userId = requireUser(caller)
    const stored = await readTicket(postgres, keyOf(ticket_id))
    const ticket = stored && (await carriedTicketFor(userId, stored, codes))
    if (ticket === undefined) throw noTicketOfCaller()
    return ticket
  })
}
