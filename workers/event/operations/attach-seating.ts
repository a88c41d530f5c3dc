import type { ParsedRequestOf } from '#shared/contracts/contract.ts'
import { attachSeating as contract } from '#shared/contracts/organising.ts'
import { type FieldError, invalidRequest, TicketingError } from '#shared/errors.ts'
import { addFact } from '#shared/facts/outbox.ts'
import type { MessageContext } from '#shared/messaging/headers.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import { hasStock, setSaleInBooking, stockSeats } from '../booking-calls.ts'
import { answerView } from '../event-answers.ts'
import type { FullEventRow } from '../event-view.ts'
import { eventFact } from '../facts.ts'
import { eventIsOver } from '../refusals.ts'
import { isOver, openedSale } from '../sale-state.ts'
import { layoutFaults, pricesByName, type Seating, seatingHash } from '../seating.ts'
import { stockBatches } from '../stock-batches.ts'
import { addSeating, readSeatingHash } from '../store/layouts.ts'
import { updateSale } from '../store/organise-events.ts'
import { lockEvent, readEvent } from '../store/read-events.ts'

/** Layout, then stock, then sale. Each step is idempotent, so repeating the message completes an interrupted one. */
export function attachSeating(parts: WorkerParts): Operation {
  const { bus, postgres } = parts
  return operation(contract, async ({ event_id, on_sale_at, ...request }, context) => {
    const faults = seatingFaults(request)
    if (faults.length > 0) throw invalidRequest(faults)
    const seating = seatingOf(request)

    const onSaleAt = on_sale_at === null ? null : new Date(on_sale_at)
    if (onSaleAt !== null) refuseOpening(await readEvent(postgres, event_id), onSaleAt)
    const { version, maxTicketsPerUser } = await adoptSeating(parts, event_id, seating, context)
    const batches = stockBatches(seating, { event_id, version, max_tickets_per_user: maxTicketsPerUser })
    await stockSeats(bus, batches, context)
    if (onSaleAt !== null) await openSale(parts, event_id, onSaleAt, context)
    return answerView(bus, await readEvent(postgres, event_id), context)
  })
}

/** Makes the seating the current one of the event, unless it already is or seats of another seating are in stock. */
function adoptSeating(
  { bus, postgres }: WorkerParts,
  eventId: string,
  seating: Seating,
  context: MessageContext,
): Promise<{ version: number; maxTicketsPerUser: number }> {
  return postgres.transaction(async (db) => {
    const { maxTicketsPerUser } = notCancelled(await lockEvent(db, eventId))
    const present = await readSeatingHash(db, eventId)
    if (present?.hash === seatingHash(seating)) return { version: present.version, maxTicketsPerUser }
    if (present !== undefined && (await hasStock(bus, eventId, context))) {
      const detail = 'cannot be attached, because the event already sells seats of another plan or at other prices'
      throw invalidRequest([{ pointer: '/layout', detail }])
    }
    const version = (present?.version ?? 0) + 1
    await addSeating(db, eventId, { ...seating, version })
    await addFact(db, 'event', eventFact('seated', await readEvent(db, eventId)))
    return { version, maxTicketsPerUser }
  })
}

function openSale(
  { bus, postgres }: WorkerParts,
  eventId: string,
  onSaleAt: Date,
  context: MessageContext,
): Promise<void> {
  return postgres.transaction(async (db) => {
    // Locked during the call to the booking worker, as in change-event-status.
    const event = notCancelled(await lockEvent(db, eventId))
    refuseOpening(event, onSaleAt)
    const opened = { ...event, ...openedSale(event, onSaleAt) }
    await setSaleInBooking(bus, opened, context)
    await updateSale(db, opened, 'opened')
  })
}

/** Refuses an opening after the event is over: nothing could be sold. */
function refuseOpening(event: FullEventRow, onSaleAt: Date): void {
  if (isOver(event, new Date())) throw eventIsOver(event)
  const { offSaleAt } = openedSale(event, onSaleAt)
  if (onSaleAt < offSaleAt) return
  const detail = `must be before the sale ends, at ${offSaleAt.toISOString()}`
  throw invalidRequest([{ pointer: '/on_sale_at', detail }], `The sale cannot be opened: on_sale_at ${detail}.`)
}

function notCancelled(event: FullEventRow): FullEventRow {
  if (event.status === 'cancelled') throw new TicketingError('event_cancelled', 'The event is cancelled.')
  return event
}

type GivenSeating = Pick<
  ParsedRequestOf<typeof contract>,
  'layout' | 'price_minor' | 'category_prices' | 'price_steps' | 'currency'
>

function seatingOf({ layout, price_minor, category_prices, price_steps, currency }: GivenSeating): Seating {
  const prices = { priceMinor: price_minor, byName: category_prices }
  const steps = new Map(Object.entries(price_steps))
  const areaNames = layout.areas.map(({ name }) => name)
  return {
    layout,
    categoryPricesMinor: pricesByName(layout.categories, prices),
    priceSteps: layout.categories.map((name) => steps.get(name) ?? []),
    areaPricesMinor: pricesByName(areaNames, prices),
    currency,
  }
}

function seatingFaults({ layout, category_prices, price_steps }: GivenSeating): FieldError[] {
  const categories = new Set(layout.categories)
  const priced = new Set([...categories, ...layout.areas.map(({ name }) => name)])
  return [
    ...layoutFaults(layout),
    ...Object.keys(category_prices)
      .filter((name) => !priced.has(name))
      .map((name) => ({
        pointer: '/category_prices',
        detail: `${name} is neither a category nor an area of the layout`,
      })),
    ...Object.keys(price_steps)
      .filter((name) => !categories.has(name))
      .map((name) => ({ pointer: '/price_steps', detail: `${name} is not a category of the layout` })),
  ]
}
