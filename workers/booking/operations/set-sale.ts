import { setSale as contract } from '#shared/contracts/stock.ts'
import type { Postgres } from '#shared/database/postgres.ts'
import { invalidRequest, TicketingError } from '#shared/errors.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { changeSale } from '../store/sales.ts'

/** After its answer, every later hold follows the new rules. Idempotent. */
export function setSale({ postgres }: { postgres: Postgres }): Operation {
  return operation(contract, async ({ event_id: eventId, status, needs_pass: needsPass, ...times }) => {
    const { on_sale_at: onSaleAt, off_sale_at: offSaleAt, cancel_until: cancelUntil } = times
    if (onSaleAt !== null && offSaleAt !== null && Date.parse(onSaleAt) >= Date.parse(offSaleAt)) {
      throw invalidRequest([{ pointer: '/off_sale_at', detail: 'must be after on_sale_at' }])
    }
    const changed = await postgres.transaction((db) =>
      changeSale(db, { eventId, status, onSaleAt, offSaleAt, cancelUntil, needsPass }),
    )
    if (changed === undefined) throw new TicketingError('not_found', 'This event never had places in stock.')
    return { changed }
  })
}
