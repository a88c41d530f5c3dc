import type { Bus } from '#shared/messaging/bus.ts'
import type { OperationContext } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/worker.ts'
import { availableStock } from './booking-calls.ts'
import { type EventSummary, type EventView, type FullEventRow, toSummary, toView } from './event-view.ts'
import { readCursor, writeCursor } from './page-cursor.ts'
import { type EventCriteria, findEvents } from './store/find-events.ts'

export interface PageRequest extends Omit<EventCriteria, 'after'> {
  readonly cursor?: string | undefined
}

/** One page of events with their availability, and the cursor of the next one. */
export async function answerPage(
  { bus, postgres }: Pick<WorkerParts, 'bus' | 'postgres'>,
  { cursor, limit, ...criteria }: PageRequest,
  context: OperationContext,
): Promise<{ items: EventSummary[]; next_cursor: string | null }> {
  const after = cursor === undefined ? undefined : readCursor(cursor)
  // One more than asked for shows whether there is a next page.
  const found = await findEvents(postgres, { ...criteria, after, limit: limit + 1 })
  const events = found.slice(0, limit)
  const last = events.at(-1)
  const now = new Date()
  const stock = await availableStock(bus, events, now, context)
  return {
    items: events.map((event) => toSummary(event, stock, now)),
    next_cursor: found.length > limit && last !== undefined ? writeCursor(last) : null,
  }
}

/** The full view of one event with its availability. */
export async function answerView(bus: Bus, event: FullEventRow, context: OperationContext): Promise<EventView> {
  const now = new Date()
  return toView(event, await availableStock(bus, [event], now, context), now)
}
