import { refundEvent as contract } from '#shared/contracts/purchase.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { Postgres } from '#shared/postgres.ts'
import { readEventRefunds, startEventRefunds } from '../store/event-refunds.ts'

/** No route leads here: the event worker asks, once it has cancelled the event. */
export function refundEvent({ db, wake }: { db: Postgres; wake: () => void }): Operation {
  return operation(contract, async ({ event_id: eventId }) => {
    await startEventRefunds(db, eventId)
    const refunds = await readEventRefunds(db, eventId)
    if (refunds === undefined) throw new Error(`the refunds of event ${eventId} have vanished`)
    wake()
    return refunds
  })
}
