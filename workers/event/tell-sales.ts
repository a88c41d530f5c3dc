import type Logger from 'bunyan'
import { setSale } from '#shared/contracts/stock.ts'
import type { Database, Postgres } from '#shared/database/postgres.ts'
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

/**
 * Tells booking of the sales that a migration has changed, one a transaction, each until booking has answered. Every instance
 * does, passing over what another one has locked.
 */
export function startTellingSales({ bus, postgres, log }: Parts): Close {
  const job = startPeriodicJob({ name: 'tell sales', everyMs, log }, () =>
    postgres.transaction((db) => tellNextSale(bus, db)),
  )
  return () => job.stop()
}

/** Answers whether there may be more. */
async function tellNextSale(bus: Bus, db: Database): Promise<boolean> {
  const eventId = await lockSaleToTell(db)
  if (eventId === undefined) return false
  const deadlineAt = performance.now() + setSale.deadlineMs
  const context = { requestId: `tell-sale-${newId()}`, caller: system('event'), deadlineAt }
  await driveSale(bus, await lockEvent(db, eventId), context).catch((error: unknown) => {
    // Booking knows better: nothing of it is sold any more.
    if (!(error instanceof TicketingError && error.code === 'event_cancelled')) throw error
  })
  await saleIsTold(db, eventId)
  return true
}
