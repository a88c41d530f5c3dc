import { viewAvailability as contract } from '#shared/contracts/booking.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { Database } from '#shared/postgres.ts'
import { countFreeSeats } from '../store/seat-views.ts'

export function viewAvailability({ postgres }: { postgres: Database }): Operation {
  return operation(contract, async ({ event_ids }) => ({ items: await countFreeSeats(postgres, event_ids) }))
}
