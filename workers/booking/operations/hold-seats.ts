import { holdSeats as contract, type Hold } from '#shared/contracts/holds.ts'
import { newId } from '#shared/ids.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { recordedTraceparent } from '#shared/observability/tracing.ts'
import type { VerifyPass } from '#shared/queue-pass.ts'
import { refuseUnknownEvent } from '../known-event.ts'
import type { BookingMetrics } from '../metrics.ts'
import { passOf } from '../passes.ts'
import type { RushFilter } from '../rush-filter/rush-filter.ts'
import { saleNotOpen } from '../sale.ts'
import { NothingStocked } from '../taking/admit.ts'
import type { Batches } from '../taking/batches.ts'

interface Parts {
  readonly bus: Bus
  readonly batches: Batches
  /** `null`: all requests go straight to the database. */
  readonly filter: RushFilter | null
  readonly verifyPass: VerifyPass | undefined
  readonly metrics: BookingMetrics
}

/**
 * Holds places for a buyer for a limited time: named seats, best available seats, GA tickets, or several of these; all or none. Their
 * current price is frozen for that time.
 */
export function holdSeats({ bus, batches, filter, verifyPass, metrics }: Parts): Operation {
  return operation(contract, async (request, context) => {
    const { event_id: eventId, ...selection } = request
    const buyer = { eventId, userId: requireUser(context.caller) }
    const hold = { eventId, ownId: newId() }
    const command = { schema: 'booking', operation: contract.operation, request, context } as const
    const pass = await passOf(context, eventId, verifyPass)
    const make = async (): Promise<Hold> => {
      const wish = { buyer, hold, isSwap: false, selection, pass, command, traceparent: recordedTraceparent() }
      const taken = await batches.take(wish).catch(async (error: unknown) => {
        if (error instanceof NothingStocked) await refuseUnknownEvent(bus, eventId, context)
        throw error instanceof NothingStocked ? saleNotOpen(null) : error
      })
      if (taken.isRepetition) context.markReplayed()
      else metrics.held()
      return taken.hold
    }
    const { seat_nos: seatNos } = selection
    const wanted = { hold, userId: buyer.userId, hasPass: 'id' in pass }
    const made = filter === null || seatNos === undefined ? make() : filter.pass({ ...wanted, seatNos }, make)
    made.catch((error) => metrics.holdRefused(error))
    return made
  })
}
