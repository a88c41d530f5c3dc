import { listAvailability as contract } from '#shared/contracts/availability.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/worker.ts'
import { availableStock } from '../booking-calls.ts'
import { availabilityWord } from '../event-view.ts'
import { readSales } from '../store/read-events.ts'

/** One word for each event, in the order asked for, each once; unknown events are left out. */
export function listAvailability({ bus, postgres }: WorkerParts): Operation {
  return operation(contract, async ({ ids }, context) => {
    const events = await readSales(postgres, ids)
    const now = new Date()
    const stock = await availableStock(bus, events, now, 'coarse', context)
    const words = new Map(events.map((event) => [event.id, availabilityWord(event, stock, now)]))
    return {
      items: [...new Set(ids)].flatMap((id) => {
        const availability = words.get(id)
        return availability === undefined ? [] : [{ id, availability }]
      }),
    }
  })
}
