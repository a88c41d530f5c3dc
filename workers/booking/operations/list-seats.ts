import { listSeats as contract } from '#shared/contracts/seats.ts'
import type { Database } from '#shared/database/postgres.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { refuseUnknownEvent } from '../known-event.ts'
import { pageOf } from '../pages.ts'
import { currentPrice } from '../price-rule.ts'
import { invalidCursor } from '../refusals.ts'
import type { SoldShares } from '../sold-shares.ts'
import { findSale } from '../store/sales.ts'
import { listSeatViews } from '../store/seat-views.ts'

interface Parts {
  readonly postgres: Database
  readonly bus: Bus
  readonly shares: SoldShares
}

/** The cursor is the number of the last seat of a page. */
export function listSeats({ postgres, bus, shares }: Parts): Operation {
  return operation(contract, async ({ event_id: eventId, limit, cursor }, context) => {
    const afterSeatNo = cursor === undefined ? -1 : seatNoIn(cursor)
    const sale = await findSale(postgres, eventId)
    if (sale === undefined) {
      await refuseUnknownEvent(bus, eventId, context)
      return { items: [], next_cursor: null }
    }
    const tiers = (await shares.of(postgres, sale.priceSteps ? [eventId] : [])).get(eventId)
    const found = await listSeatViews(postgres, { eventId, afterSeatNo, limit: limit + 1 })
    const page = pageOf(found, limit, ({ seat_no }) => String(seat_no))
    const items = page.items.map(({ tierNo, ...seat }) => ({
      ...seat,
      price_minor: currentPrice(seat.price_minor, tiers?.get(tierNo)),
      currency: sale.currency,
    }))
    return { ...page, items }
  })
}

function seatNoIn(cursor: string): number {
  if (/^\d{1,6}$/.test(cursor)) return Number(cursor)
  throw invalidCursor()
}
