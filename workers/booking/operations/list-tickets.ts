import { listTickets as contract } from '#shared/contracts/tickets.ts'
import type { Database } from '#shared/database/postgres.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { carriedTicketFor } from '../carried-ticket.ts'
import { ownIdIn } from '../page-cursor.ts'
import { listTicketsPassedOnTo } from '../store/carried-tickets.ts'
import type { TicketCodes } from '../ticket-codes.ts'

/** The cursor is the id of the last ticket of a page: ids sort by time. */
export function listTickets({ postgres, codes }: { postgres: Database; codes: TicketCodes }): Operation {
  return operation(contract, async ({ limit, cursor }, { caller }) => {
    const userId = requireUser(caller)
    const beforeId = cursor === undefined ? null : ownIdIn(cursor)
    const found = await listTicketsPassedOnTo(postgres, { userId, beforeId, limit: limit + 1 })
    const carried = await Promise.all(found.slice(0, limit).map((stored) => carriedTicketFor(userId, stored, codes)))
    const items = carried.filter((ticket) => ticket !== undefined)
    return { items, next_cursor: found.length > limit ? (items.at(-1)?.id ?? null) : null }
  })
}
