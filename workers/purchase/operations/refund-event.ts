import { refundEvent as contract } from '#shared/contracts/purchase.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import { readEventRefunds, startEventRefunds } from '../store/event-refunds.ts'

/**
 * Starts the refunds of a cancelled event, calls `wake` to drive them, and returns their progress. There is no route: the event worker
 * calls it after it has cancelled the event.
 */
export function refundEvent({ postgres }: WorkerParts, { wake }: { readonly wake: () => void }): Operation {
  return operation(contract, async ({ event_id: eventId }) => {
    await startEventRefunds(postgres, eventId)
    const refunds = await readEventRefunds(postgres, eventId)
    if (refunds === undefined) throw new Error(`the refunds of event ${eventId} have vanished`)
    wake()
    return refunds
  })
}
