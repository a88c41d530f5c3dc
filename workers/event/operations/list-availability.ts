import { listAvailability as contract } from '#shared/contracts/availability.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { coarseStock } from '../booking-calls.ts'
import type { ListParts } from '../event-answers.ts'
import { availabilityWord } from '../event-view.ts'
import { readSales } from '../store/read-events.ts'

/** One word for each event, in the order of the request, each event once. Unknown events are left out. */
export function listAvailability(parts: ListParts): Operation {
  return operation(contract, async ({ ids }, context) => {
    const events = await readSales(parts.postgres, ids)
    const now = new Date()
    const stock = await coarseStock(parts, events, now, context)
    const words = new Map(events.map((event) => [event.id, availabilityWord(event, stock, now)]))
    return {
      items: [...new Set(ids)].flatMap((id) => {
        const availability = words.get(id)
        return availability === undefined ? [] : [{ id, availability }]
      }),
    }
  })
}
