import { changeEventStatus as contract } from '#shared/contracts/organising.ts'
import { isDone, once } from '#shared/database/idempotency.ts'
import { requireOrganiser } from '#shared/messaging/caller.ts'
import type { MessageContext } from '#shared/messaging/headers.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import { setSaleInBooking, stockSeats } from '../booking-calls.ts'
import { answerView } from '../event-answers.ts'
import { refundBookings } from '../purchase-calls.ts'
import { statusAfter } from '../status-change.ts'
import { stockBatches } from '../stock-batches.ts'
import { readSeating } from '../store/layouts.ts'
import { updateSale } from '../store/organise-events.ts'
import { lockEvent, readEvent } from '../store/read-events.ts'
import { recordWords } from '../store/words.ts'

/** The names of the actions in facts. */
const changes = { publish: 'published', pause: 'paused', resume: 'resumed', cancel: 'cancelled' } as const

/**
 * Calls the booking worker first, then starts the refunds of a cancelled event, and commits last. So a crash in between, or an unavailable
 * worker, leaves an event whose action can be repeated. It never leaves a sale that the booking worker does not know, or a cancelled event
 * without refunds. The answer is stored under its key in the same commit.
 */
export function changeEventStatus(parts: WorkerParts): Operation {
  const { bus, postgres } = parts
  return operation(contract, async (request, context) => {
    requireOrganiser(context.caller)
    const { event_id, action } = request
    const command = { schema: 'event', operation: contract.operation, request, context } as const
    // Not for a key that was used with another request, which is refused below.
    if (action === 'publish' && !(await isDone(postgres, command))) await stockDraft(parts, event_id, context)
    return postgres.transaction((db) =>
      once(db, command, async () => {
        // The booking worker is called while the event is locked. Otherwise two actions could reach it in one order and be stored in the
        // other.
        const event = await lockEvent(db, event_id)
        const changed = { ...event, ...statusAfter(event, action, new Date()) }
        const hasSale = event.placeCount > 0 && (await setSaleInBooking(bus, changed, context))
        if (hasSale && changed.status === 'cancelled') await refundBookings(bus, event_id, context)
        // Not earlier: nobody may learn about a draft.
        if (action === 'publish') await recordWords(db, [event_id])
        await updateSale(db, changed, changes[action])
        return answerView(bus, await readEvent(db, event_id), context)
      }),
    )
  })
}

/** Adds the places of a draft to the stock, in transactions of the booking worker. Existing places stay unchanged. */
async function stockDraft({ bus, postgres }: WorkerParts, eventId: string, context: MessageContext): Promise<void> {
  const event = await readEvent(postgres, eventId)
  // Refuses a draft that cannot be published before any of it is in stock.
  statusAfter(event, 'publish', new Date())
  const { status, maxTicketsPerUser } = event
  const seating = status === 'draft' ? await readSeating(postgres, eventId) : undefined
  if (seating === undefined) return
  const { version } = seating
  const batches = stockBatches(seating, { event_id: eventId, version, max_tickets_per_user: maxTicketsPerUser })
  await stockSeats(bus, batches, context)
}
