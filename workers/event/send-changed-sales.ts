import type Logger from 'bunyan'
import { setSale } from '#shared/contracts/stock.ts'
import type { Postgres } from '#shared/database/postgres.ts'
import { TicketingError } from '#shared/errors.ts'
import { newId } from '#shared/ids.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { system } from '#shared/messaging/caller.ts'
import { startPeriodicJob } from '#shared/periodic-job.ts'
import type { Close } from '#shared/process/lifecycle.ts'
import { setSaleUnlessCancelled } from './booking-calls.ts'
import { forgetChangedSale, lockChangedSale } from './store/changed-sales.ts'
import { lockEvent } from './store/read-events.ts'

const everyMs = 10_000

interface Parts {
  readonly bus: Bus
  readonly postgres: Postgres
  readonly log: Logger
}

/** Smaller than every id. */
const firstId = '00000000-0000-0000-0000-000000000000'

/**
 * Sends sales that a migration changed to the booking worker, one per transaction, each until it has answered. Every instance does this,
 * and skips events that another one has locked.
 */
export function startSendingChangedSales(parts: Parts): Close {
  let after = firstId
  const job = startPeriodicJob({ name: 'send changed sales', everyMs, log: parts.log }, async () => {
    const sent = await sendNextSale(parts, after).catch((error: unknown) => {
      after = firstId
      throw error
    })
    after = sent ?? firstId
    return sent !== undefined
  })
  return () => job.stop()
}

/** Returns the event that was sent or refused. A refused sale is sent again in the next round. */
async function sendNextSale({ bus, postgres, log }: Parts, after: string): Promise<string | undefined> {
  let eventId: string | undefined
  try {
    await postgres.transaction(async (db) => {
      eventId = await lockChangedSale(db, after)
      if (eventId === undefined) return
      const deadlineAt = performance.now() + setSale.deadlineMs
      const context = { requestId: `send-changed-sale-${newId()}`, caller: system('event'), deadlineAt }
      await setSaleUnlessCancelled(bus, await lockEvent(db, eventId), context)
      await forgetChangedSale(db, eventId)
    })
  } catch (error) {
    // A refused sale must not delay the others.
    if (!(error instanceof TicketingError) || error.isFault) throw error
    log.error({ err: error, event_id: eventId }, 'the booking worker refused a sale')
  }
  return eventId
}
