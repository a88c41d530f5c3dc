import type Logger from 'bunyan'
import { setSale } from '#shared/contracts/stock.ts'
import type { Postgres } from '#shared/database/postgres.ts'
import { TicketingError } from '#shared/errors.ts'
import { newId } from '#shared/ids.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { system } from '#shared/messaging/caller.ts'
import { startPeriodicJob } from '#shared/periodic-job.ts'
import type { Close } from '#shared/process/lifecycle.ts'
import { driveSale } from './booking-calls.ts'
import { lockEvent } from './store/read-events.ts'
import { lockSaleToTell, saleIsTold } from './store/sales-to-tell.ts'

const everyMs = 10_000

interface Parts {
  readonly bus: Bus
  readonly postgres: Postgres
  readonly log: Logger
}

/** Before every id. */
const firstId = '00000000-0000-0000-0000-000000000000'

/**
 * Tells booking of the sales that a migration has changed, one a transaction, each until booking has answered. Every instance
 * does, passing over what another one has locked.
 */
export function startTellingSales(parts: Parts): Close {
  let after = firstId
  const job = startPeriodicJob({ name: 'tell sales', everyMs, log: parts.log }, async () => {
    const told = await tellNextSale(parts, after).catch((error: unknown) => {
      after = firstId
      throw error
    })
    after = told ?? firstId
    return told !== undefined
  })
  return () => job.stop()
}

/** Answers the event that is told, or that booking refuses to hear of, which is tried again in the next round. */
async function tellNextSale({ bus, postgres, log }: Parts, after: string): Promise<string | undefined> {
  let eventId: string | undefined
  try {
    await postgres.transaction(async (db) => {
      eventId = await lockSaleToTell(db, after)
      if (eventId === undefined) return
      const deadlineAt = performance.now() + setSale.deadlineMs
      const context = { requestId: `tell-sale-${newId()}`, caller: system('event'), deadlineAt }
      await driveSale(bus, await lockEvent(db, eventId), context).catch((error: unknown) => {
        // Booking knows better: nothing of it is sold any more.
        if (!(error instanceof TicketingError && error.code === 'event_cancelled')) throw error
      })
      await saleIsTold(db, eventId)
    })
  } catch (error) {
    // Others must not wait for one that booking refuses.
    if (!(error instanceof TicketingError) || error.isFault) throw error
    log.error({ err: error, event_id: eventId }, 'booking refused to hear of a sale')
  }
  return eventId
}
