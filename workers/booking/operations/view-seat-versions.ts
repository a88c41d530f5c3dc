import { viewSeatVersions as contract } from '#shared/contracts/seats.ts'
import type { Database } from '#shared/database/postgres.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { refuseUnknownEvent } from '../known-event.ts'
import { findSale } from '../store/sales.ts'
import { snapshotVersions } from '../store/seat-views.ts'

/** The start for a follower of the facts. An event without stock has no seats. */
export function viewSeatVersions({ postgres, bus }: { postgres: Database; bus: Bus }): Operation {
  return operation(contract, async ({ event_id: eventId }, context) => {
    const sale = await findSale(postgres, eventId)
    if (sale === undefined) await refuseUnknownEvent(bus, eventId, context)
    return { version: sale?.layoutVersion ?? 0, ...(await snapshotVersions(postgres, eventId)) }
  })
}
