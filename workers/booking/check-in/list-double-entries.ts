import { listDoubleEntries as contract } from '#shared/contracts/check-in.ts'
import type { Database } from '#shared/database/postgres.ts'
import { publicId } from '#shared/ids.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { requireOrganiser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { refuseUnknownEvent } from '../known-event.ts'
import { ownIdIn, pageOf } from '../pages.ts'
import { findSale } from '../store/sales.ts'
import { listStoredDoubleEntries } from './store.ts'

/** The cursor names the last scan of a page. */
export function listDoubleEntries({ postgres, bus }: { postgres: Database; bus: Bus }): Operation {
  return operation(contract, async ({ event_id: eventId, limit, cursor }, context) => {
    requireOrganiser(context.caller)
    const afterId = ownIdIn(cursor)
    if ((await findSale(postgres, eventId)) === undefined) await refuseUnknownEvent(bus, eventId, context)
    const found = await listStoredDoubleEntries(postgres, { eventId, afterId, limit: limit + 1 })
    const page = pageOf(found, limit, ({ scanId }) => publicId({ eventId, ownId: scanId }))
    return { ...page, items: page.items.map(({ doubleEntry }) => doubleEntry) }
  })
}
