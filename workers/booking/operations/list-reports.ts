import { listReports as contract } from '#shared/contracts/reports.ts'
import type { Database } from '#shared/database/postgres.ts'
import { requireOrganiser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { saleStateAt } from '../sale.ts'
import { countSold } from '../store/reports.ts'
import { findSales } from '../store/sales.ts'

/** Counts sold places of several events; events without stock are left out. */
export function listReports({ postgres }: { postgres: Database }): Operation {
  return operation(contract, async ({ event_ids: eventIds }, context) => {
    requireOrganiser(context.caller)
    const [sales, counted] = await Promise.all([findSales(postgres, eventIds), countSold(postgres, eventIds)])
    return {
      items: counted.flatMap(({ eventId, places, sold }) => {
        const sale = sales.get(eventId)
        return sale === undefined ? [] : [{ event_id: eventId, sale: saleStateAt(sale, sale.now), places, sold }]
      }),
    }
  })
}
