import { viewAvailability } from '#shared/contracts/seats.ts'
import { setSale, stockEvent } from '#shared/contracts/stock.ts'
import { TicketingError } from '#shared/errors.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { call } from '#shared/messaging/call.ts'
import { type MessageContext, withoutIdempotencyKey } from '#shared/messaging/headers.ts'
import type { OperationContext } from '#shared/messaging/serve.ts'
import { hasBegunToSell, type Sellable, type StockByEvent } from './event-view.ts'
import type { RecentStock, StockOfEvents } from './recent-stock.ts'
import { type Sale, saleIntent } from './sale-state.ts'
import type { StockBatch } from './stock-batches.ts'

/* Calls to the booking worker, which manages the places. */

/** Reserved from the caller's time, so that a list is answered in time even if the booking worker does not answer. */
const answerReserveMs = 100

/**
 * Free places and current prices of the events whose sale has begun; coarse counts, a moment old. `null` if the booking worker does not
 * answer: a list without availability is better than none.
 */
export function coarseStock(
  { bus, recentStock }: { bus: Bus; recentStock: RecentStock },
  events: readonly Sellable[],
  now: Date,
  context: OperationContext,
): Promise<StockByEvent> {
  return stockOfSelling(events, now, context, (ids, inTime) =>
    recentStock.of(ids, inTime.deadlineAt, (unknown) => {
      // Its own deadline: other callers with more or less time may share the call.
      const deadlineAt = performance.now() + viewAvailability.deadlineMs
      return stockOf(bus, unknown, { coarse: true }, { ...inTime, deadlineAt })
    }),
  )
}

/** As `coarseStock`, but exact and current. */
export function exactStock(bus: Bus, event: Sellable, now: Date, context: OperationContext): Promise<StockByEvent> {
  return stockOfSelling([event], now, context, (ids, inTime) => stockOf(bus, ids, { coarse: false }, inTime))
}

async function stockOfSelling(
  events: readonly Sellable[],
  now: Date,
  context: OperationContext,
  ask: (eventIds: string[], inTime: MessageContext) => Promise<StockOfEvents>,
): Promise<StockByEvent> {
  const selling = events.filter((event) => hasBegunToSell(event, now))
  if (selling.length === 0) return new Map()
  try {
    return await ask(
      selling.map(({ id }) => id),
      { ...withoutIdempotencyKey(context), deadlineAt: context.deadlineAt - answerReserveMs },
    )
  } catch (error) {
    if (!(error instanceof TicketingError)) throw error
    context.log.warn({ err: error }, 'answering without availability')
    return null
  }
}

/** Whether any place of the event is in stock. */
export async function hasStock(bus: Bus, eventId: string, context: MessageContext): Promise<boolean> {
  const stock = await stockOf(bus, [eventId], { coarse: true }, withoutIdempotencyKey(context))
  return stock.has(eventId)
}

/** Adds all batches to the stock, one after the other. Idempotent. */
export async function stockSeats(bus: Bus, batches: Iterable<StockBatch>, context: MessageContext): Promise<void> {
  for (const batch of batches) await call(bus, stockEvent, batch, withoutIdempotencyKey(context))
}

type SaleOfEvent = Sale & { readonly id: string; readonly needsPass: boolean }

/**
 * Sets the sale in the booking worker, so that every later hold follows it. Returns whether there is a sale: an event that never had stock
 * has none.
 */
export async function setSaleInBooking(bus: Bus, event: SaleOfEvent, context: MessageContext): Promise<boolean> {
  const status = saleIntent(event)
  const opening = event.onSaleAt !== null && event.onSaleAt < event.offSaleAt ? event.onSaleAt : null
  try {
    await call(
      bus,
      setSale,
      {
        event_id: event.id,
        status,
        // The opening of a sale that never opens may be after its end, which the booking worker would refuse.
        on_sale_at: opening?.toISOString() ?? null,
        off_sale_at: event.offSaleAt.toISOString(),
        cancel_until: event.cancelUntil?.toISOString() ?? null,
        needs_pass: event.needsPass,
      },
      withoutIdempotencyKey(context),
    )
    return true
  } catch (error) {
    if (!(error instanceof TicketingError && error.code === 'not_found')) throw error
    return false
  }
}

/**
 * As `setSaleInBooking`, for a change that is no organiser's: a sale that is already cancelled in the booking worker stays cancelled, because
 * cancelling is final. The catalogue follows when the organiser repeats the cancellation that broke off.
 */
export async function setSaleUnlessCancelled(bus: Bus, event: SaleOfEvent, context: MessageContext): Promise<boolean> {
  try {
    return await setSaleInBooking(bus, event, context)
  } catch (error) {
    if (!(error instanceof TicketingError && error.code === 'event_cancelled')) throw error
    return true
  }
}

async function stockOf(
  bus: Bus,
  eventIds: string[],
  { coarse }: { coarse: boolean },
  context: MessageContext,
): Promise<StockOfEvents> {
  const { items } = await call(bus, viewAvailability, { event_ids: eventIds, coarse }, context)
  return new Map(
    items.map(({ event_id, available, place_count, sold_out = available <= 0, stepped_prices }) => {
      const steppedPrices = new Map(stepped_prices.map(({ tier, price_minor }) => [tier, price_minor]))
      return [event_id, { available, placeCount: place_count, soldOut: sold_out, steppedPrices }] as const
    }),
  )
}
