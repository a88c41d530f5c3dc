import { changeEventStatus as contract } from '#shared/contracts/event.ts'
import { requireOrganiser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/worker.ts'
import { driveSale, stockSeats } from '../booking-calls.ts'
import { answerView } from '../event-answers.ts'
import { refundBookings } from '../purchase-calls.ts'
import { statusAfter } from '../status-change.ts'
import { stockBatches } from '../stock-batches.ts'
import { readSeating } from '../store/layouts.ts'
import { updateSale } from '../store/organise-events.ts'
import { lockEvent, readEvent } from '../store/read-events.ts'

/** How facts name the actions. */
const changes = { publish: 'published', pause: 'paused', resume: 'resumed', cancel: 'cancelled' } as const

/**
 * Tells booking first, then has the bookings of a cancelled event refunded, and commits after both: a crash in between, or a
 * worker that is away, leaves an event whose action can be repeated, never one that shows a sale which booking knows nothing
 * of, or that is cancelled while nobody gives the money back.
 */
export function changeEventStatus({ bus, postgres }: WorkerParts): Operation {
  return operation(contract, async ({ event_id, action }, context) => {
    requireOrganiser(context.caller)
    const before = await readEvent(postgres, event_id)
    const seating =
      action === 'publish' && before.status === 'draft' ? await readSeating(postgres, event_id) : undefined
    if (seating !== undefined) {
      const { version } = seating
      const batches = stockBatches(seating, { event_id, version, max_tickets_per_user: before.maxTicketsPerUser })
      await stockSeats(bus, batches, context)
    }
    await postgres.transaction(async (db) => {
      // Booking is asked while the event is locked, or two actions could reach it in one order and be stored in the other.
      const event = await lockEvent(db, event_id)
      const changed = { ...event, ...statusAfter(event, action) }
      const hasSale = event.placeCount > 0 && (await driveSale(bus, changed, context))
      if (hasSale && changed.status === 'cancelled') await refundBookings(bus, event_id, context)
      await updateSale(db, changed, changes[action])
    })
    return answerView(bus, await readEvent(postgres, event_id), context)
  })
}
