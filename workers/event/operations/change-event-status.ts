import { changeEventStatus as contract } from '#shared/contracts/organising.ts'
import { isDone, once } from '#shared/database/idempotency.ts'
import { requireOrganiser } from '#shared/messaging/caller.ts'
import type { MessageContext } from '#shared/messaging/headers.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import { driveSale, stockSeats } from '../booking-calls.ts'
import { answerView } from '../event-answers.ts'
import { refundBookings } from '../purchase-calls.ts'
import { statusAfter } from '../status-change.ts'
import { stockBatches } from '../stock-batches.ts'
import { readSeating } from '../store/layouts.ts'
import { updateSale } from '../store/organise-events.ts'
import { lockEvent, readEvent } from '../store/read-events.ts'
import { recordWords } from '../store/words.ts'

/** How facts name the actions. */
const changes = { publish: 'published', pause: 'paused', resume: 'resumed', cancel: 'cancelled' } as const

/**
 * Tells booking first, then has the bookings of a cancelled event refunded, and commits after both: a crash in between, or a
 * worker that is away, leaves an event whose action can be repeated, never one that shows a sale which booking knows nothing
 * of, or that is cancelled while nobody gives the money back. The answer is remembered by its key in the same commit.
 */
export function changeEventStatus(parts: WorkerParts): Operation {
  const { bus, postgres } = parts
  return operation(contract, async (request, context) => {
    requireOrganiser(context.caller)
    const { event_id, action } = request
    const command = { schema: 'event', operation: contract.operation, request, context } as const
    // Not for a key that came with something else before, which is refused below.
    if (action === 'publish' && !(await isDone(postgres, command))) await stockDraft(parts, event_id, context)
    return postgres.transaction((db) =>
      once(db, command, async () => {
        // Booking is asked while the event is locked, or two actions could reach it in one order and be stored in the other.
        const event = await lockEvent(db, event_id)
        const changed = { ...event, ...statusAfter(event, action, new Date()) }
        const hasSale = event.placeCount > 0 && (await driveSale(bus, changed, context))
        if (hasSale && changed.status === 'cancelled') await refundBookings(bus, event_id, context)
        // Not before: what a draft is about is nobody's business.
        if (action === 'publish') await recordWords(db, [event_id])
        await updateSale(db, changed, changes[action])
        return answerView(bus, await readEvent(db, event_id), context)
      }),
    )
  })
}

/** Brings the places of a draft into stock, in transactions of booking's own; what is there already stays as it is. */
async function stockDraft({ bus, postgres }: WorkerParts, eventId: string, context: MessageContext): Promise<void> {
  const event = await readEvent(postgres, eventId)
  // Refuses what cannot be published before anything of it is in stock.
  statusAfter(event, 'publish', new Date())
  const { status, maxTicketsPerUser } = event
  const seating = status === 'draft' ? await readSeating(postgres, eventId) : undefined
  if (seating === undefined) return
  const { version } = seating
  const batches = stockBatches(seating, { event_id: eventId, version, max_tickets_per_user: maxTicketsPerUser })
  await stockSeats(bus, batches, context)
}
