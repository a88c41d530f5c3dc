import { listSales as contract } from '#shared/contracts/bookings.ts'
import type { Database } from '#shared/database/postgres.ts'
import { publicId } from '#shared/ids.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { requireOrganiser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { refuseUnknownEvent } from '../known-event.ts'
import { ownIdIn, pageOf } from '../pages.ts'
import { listLoggedSales } from '../store/sale-log.ts'
import { findSale } from '../store/sales.ts'

/** The cursor names the last entry of a page: ids sort by time. */
export function listSales({ postgres, bus }: { postgres: Database; bus: Bus }): Operation {
  return operation(contract, async ({ event_id: eventId, limit, cursor }, context) => {
    requireOrganiser(context.caller)
    const beforeId = ownIdIn(cursor)
    if ((await findSale(postgres, eventId)) === undefined) await refuseUnknownEvent(bus, eventId, context)
    const found = await listLoggedSales(postgres, { eventId, beforeId, limit: limit + 1 })
    const page = pageOf(found, limit, ({ ownId }) => publicId({ eventId, ownId }))
    return { ...page, items: page.items.map(({ sale }) => sale) }
  })
}
