import { stockEvent as contract } from '#shared/contracts/stock.ts'
import type { Postgres } from '#shared/database/postgres.ts'
import { invalidRequest } from '#shared/errors.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { addAreas, addRows, addTiers, openStock } from '../store/stock.ts'

/** Adds seats and areas of a layout to an event's stock, batch by batch. Existing places stay unchanged. */
export function stockEvent({ postgres }: { postgres: Postgres }, { holdTtlMs }: { holdTtlMs: number }): Operation {
  return operation(
    contract,
    async ({ event_id: eventId, version, currency, max_tickets_per_user, tiers, rows, areas }) => {
      const sale = { eventId, layoutVersion: version, currency, maxTicketsPerUser: max_tickets_per_user, holdTtlMs }
      return postgres.transaction(async (db) => {
        const stocked = await openStock(db, sale)
        // The seat numbers of another layout mean other seats.
        if (stocked !== version)
          throw invalidRequest([{ pointer: '/version', detail: `must be ${stocked}, as in stock` }])
        await addTiers(db, eventId, tiers)
        await addAreas(db, eventId, areas)
        return { seats_added: await addRows(db, eventId, rows) }
      })
    },
  )
}
