import type { Queryable } from '#shared/database/postgres.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import type { OperationContext } from '#shared/messaging/serve.ts'
import { coarseStock, exactStock } from './booking-calls.ts'
import {
  type EventSummary,
  type EventView,
  type FullEventRow,
  type StockByEvent,
  toSummary,
  toView,
} from './event-view.ts'
import { atCurrentPrices, lowestPrice } from './price-tiers.ts'
import type { RecentStock } from './recent-stock.ts'
import type { RecentSummaries } from './recent-summaries.ts'
import { type FoundEvent, writeCursor } from './search/page-cursor.ts'
import { notePricesFrom } from './store/note-prices.ts'
import { readPrices } from './store/read-events.ts'

/** The data from which lists are made. */
export interface ListParts {
  readonly bus: Bus
  readonly postgres: Queryable
  readonly recentStock: RecentStock
  readonly recentSummaries: RecentSummaries
}

export interface FoundPage {
  /** One more event than the page has shows whether there is a next page. */
  readonly positions: readonly FoundEvent[]
  readonly size: number
  /** See `listFingerprint`. */
  readonly list: string
}

/** A page of events with their availability, and the cursor of the next page. */
export async function showPage(
  parts: ListParts,
  { positions, size, list }: FoundPage,
  context: OperationContext,
): Promise<{ items: EventSummary[]; next_cursor: string | null }> {
  const shown = positions.slice(0, size)
  const events = await parts.recentSummaries.of(parts.postgres, shown)
  const last = shown.at(-1)
  const now = new Date()
  const stock = await coarseStock(parts, events, now, context)
  const pricesFrom = await currentPricesFrom(parts.postgres, stock)
  const priced = events.map((event) => ({
    ...event,
    priceFromMinor: pricesFrom.get(event.id) ?? event.priceFromMinor,
  }))
  const changed = priced.filter(({ priceFromMinor }, index) => priceFromMinor !== events[index]?.priceFromMinor)
  if (changed.length > 0) {
    await notePricesFrom(parts.postgres, changed).catch((error: unknown) =>
      context.log.warn({ err: error }, 'current prices were not stored'),
    )
  }
  return {
    items: priced.map((event) => toSummary(event, stock, now)),
    next_cursor: positions.length > size && last !== undefined ? writeCursor(list, last) : null,
  }
}

/** The lowest current price of each event with price steps. Other events cost what the catalogue says. */
async function currentPricesFrom(postgres: Queryable, stock: StockByEvent): Promise<Map<string, number>> {
  const stepped = Array.from(stock ?? []).filter(([, { steppedPrices }]) => steppedPrices.size > 0)
  if (stepped.length === 0) return new Map()
  const prices = await readPrices(
    postgres,
    stepped.map(([id]) => id),
  )
  return new Map(
    prices.flatMap(({ id, priceTiers, areas }) => {
      const lowest = lowestPrice([...atCurrentPrices(priceTiers, stock?.get(id)?.steppedPrices), ...areas])
      return lowest === undefined ? [] : [[id, lowest] as const]
    }),
  )
}

/** The full view of an event with its availability. */
export async function answerView(bus: Bus, event: FullEventRow, context: OperationContext): Promise<EventView> {
  const now = new Date()
  return toView(event, await exactStock(bus, event, now, context), now)
}
