import type { z } from 'zod'
import type { eventSummary, eventView } from '#shared/contracts/event.ts'
import { type Availability, availabilityOf, type Stock } from './availability.ts'
import { atCurrentPrices, lowestPrice } from './price-tiers.ts'
import { type Sale, saleState } from './sale-state.ts'

export type EventSummary = z.infer<typeof eventSummary>
export type EventView = z.infer<typeof eventView>

/** What decides whether an event sells places. */
export interface Sellable extends Sale {
  readonly id: string
  /** Number of seats and GA tickets. */
  readonly placeCount: number
}

/** The data of an event in a list, as the store reads it. */
export interface EventRow extends Sellable {
  readonly name: string
  readonly type: string
  readonly startsOn: string
  readonly startsAt: Date | null
  readonly tz: string | null
  readonly venue: EventSummary['venue']
  readonly performers: EventSummary['performers']
  readonly priceFromMinor: number | null
  readonly currency: string | null
  readonly seatCount: number
}

export interface FullEventRow extends EventRow {
  /** When the event has certainly begun. */
  readonly startsBy: Date
  readonly doorsAt: Date | null
  readonly description: string | null
  readonly priceTiers: EventView['price_tiers']
  readonly maxTicketsPerUser: number
  /** Whether the event has a waiting room now. */
  readonly needsPass: boolean
  readonly layoutVersion: number | null
  /** Increases with each change. */
  readonly version: number
  readonly areas: EventView['areas']
}

export interface PricedStock extends Stock {
  /** Current prices of tiers with price steps, by name. */
  readonly steppedPrices: ReadonlyMap<string, number>
}

/** Free places by event id, for the events asked about; `null` if the booking worker did not answer. */
export type StockByEvent = ReadonlyMap<string, PricedStock> | null

/** Whether places can be bought at the instant `now`. */
function sellsSeats(event: Sellable, now: Date): boolean {
  return event.placeCount > 0 && saleState(event, now) === 'on_sale'
}

/** Whether the booking worker may have sold places at the instant `now`. A paused sale also shows its current prices. */
export function hasBegunToSell(event: Sellable, now: Date): boolean {
  return event.placeCount > 0 && saleState(event, now) !== 'announced'
}

/** An event as lists show it. */
export function toSummary(event: EventRow, stock: StockByEvent, now: Date): EventSummary {
  return {
    id: event.id,
    name: event.name,
    type: event.type,
    status: event.status,
    starts_on: event.startsOn,
    starts_at: event.startsAt?.toISOString() ?? null,
    tz: event.tz,
    venue: event.venue,
    performers: event.performers,
    price_from_minor: event.priceFromMinor,
    currency: event.currency,
    availability: availabilityWord(event, stock, now),
  }
}

/** What is left of an event at the instant `now`, in one word. */
export function availabilityWord(event: Sellable, stock: StockByEvent, now: Date): Availability {
  return sellsSeats(event, now) ? stockWord(event.id, stock) : 'not_on_sale'
}

/** The view of one event; tiers have their current prices. */
export function toView(event: FullEventRow, stock: StockByEvent, now: Date): EventView {
  const priceTiers = atCurrentPrices(event.priceTiers, stock?.get(event.id)?.steppedPrices)
  return {
    ...toSummary(event, stock, now),
    price_from_minor: lowestPrice([...priceTiers, ...event.areas]) ?? event.priceFromMinor,
    ...(event.doorsAt === null ? {} : { doors_at: event.doorsAt.toISOString() }),
    description: event.description,
    price_tiers: priceTiers,
    sale: {
      status: saleState(event, now),
      on_sale_at: event.onSaleAt?.toISOString() ?? null,
      off_sale_at: event.offSaleAt.toISOString(),
      cancel_until: event.cancelUntil?.toISOString() ?? null,
      max_tickets_per_user: event.maxTicketsPerUser,
      waiting_room: event.needsPass,
    },
    layout_version: event.layoutVersion,
    seat_count: event.seatCount,
    areas: event.areas,
  }
}

function stockWord(eventId: string, stock: StockByEvent): Availability {
  if (stock === null) return null
  const ofEvent = stock.get(eventId)
  return ofEvent === undefined ? 'not_on_sale' : availabilityOf(ofEvent)
}
