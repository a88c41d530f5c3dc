import { viewManifest as contract } from '#shared/contracts/check-in.ts'
import type { Database } from '#shared/database/postgres.ts'
import { requireDoor } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { ownIdIn, pageOf } from '../pages.ts'
import { noTicketsOfEvent } from '../refusals.ts'
import { findSale } from '../store/sales.ts'
import { listDoorTickets } from './store.ts'

/** The cursor is the id of the last ticket of a page. Tickets of a cancelled event are void at once, although their refunds take a while. */
export function viewManifest({ postgres }: { postgres: Database }): Operation {
  return operation(contract, async ({ event_id: eventId, limit, cursor }, { caller }) => {
    requireDoor(caller)
    const afterId = ownIdIn(cursor)
    const sale = await findSale(postgres, eventId)
    if (sale === undefined) throw noTicketsOfEvent()
    const found = await listDoorTickets(postgres, { eventId, afterId, limit: limit + 1 })
    const { items, next_cursor } = pageOf(found, limit, ({ id }) => id)
    const tickets = sale.status === 'cancelled' ? items.map((each) => ({ ...each, status: 'void' as const })) : items
    return { event_id: eventId, items: tickets, next_cursor }
  })
}
