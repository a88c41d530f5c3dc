import { listTickets as contract } from '#shared/contracts/tickets.ts'
import type { Database } from '#shared/database/postgres.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { carriedTicketFor } from '../carried-ticket.ts'
import { ownIdIn, pageOf } from '../pages.ts'
import { listTicketsPassedOnTo } from '../store/carried-tickets.ts'
import type { TicketCodes } from '../ticket-codes.ts'

/** The cursor is the id of the last ticket of a page: ids sort by time. */
export function listTickets({ postgres, codes }: { postgres: Database; codes: TicketCodes }): Operation {
  return operation(contract, async ({ limit, cursor }, { caller }) => {
    const userId = requireUser(caller)
    const found = await listTicketsPassedOnTo(postgres, { userId, beforeId: ownIdIn(cursor), limit: limit + 1 })
    const page = pageOf(found, limit, ({ ticket }) => ticket.id)
    const carried = await Promise.all(page.items.map((stored) => carriedTicketFor(userId, stored, codes)))
    return { ...page, items: carried.filter((ticket) => ticket !== undefined) }
  })
}
