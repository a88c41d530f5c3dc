import type { Bus } from '#shared/messaging/bus.ts'
import type { OperationContext } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/worker.ts'
import { availableStock } from './booking-calls.ts'
import { type EventSummary, type EventView, type FullEventRow, toSummary, toView } from './event-view.ts'
import { type PagePosition, writeCursor } from './search/page-cursor.ts'
import { readSummaries } from './store/read-events.ts'

export interface FoundPage {
  /** One more than the page has shows that there is a next one. */
  readonly positions: readonly PagePosition[]
  readonly size: number
  /** See `listFingerprint`. */
  readonly list: string
}

/** One page of events with their availability, and the cursor of the next one. */
export async function showPage(
  { bus, postgres }: Pick<WorkerParts, 'bus' | 'postgres'>,
  { positions, size, list }: FoundPage,
  context: OperationContext,
): Promise<{ items: EventSummary[]; next_cursor: string | null }> {
  const shown = positions.slice(0, size)
  const events = await readSummaries(
    postgres,
    shown.map(({ id }) => id),
  )
  const last = shown.at(-1)
  const now = new Date()
  const stock = await availableStock(bus, events, now, 'coarse', context)
  return {
    items: events.map((event) => toSummary(event, stock, now)),
    next_cursor: positions.length > size && last !== undefined ? writeCursor(list, last) : null,
  }
}

/** The full view of one event with its availability. */
export async function answerView(bus: Bus, event: FullEventRow, context: OperationContext): Promise<EventView> {
  const now = new Date()
  return toView(event, await availableStock(bus, [event], now, 'exact', context), now)
}
