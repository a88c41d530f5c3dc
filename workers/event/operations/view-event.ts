import { viewEvent as contract } from '#shared/contracts/event.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import { answerView } from '../event-answers.ts'
import { visibleEvent } from '../visible-event.ts'

/** Shows an event with its availability. Throws `event_not_found`; only organisers see drafts. */
export function viewEvent({ bus, postgres }: WorkerParts): Operation {
  return operation(contract, async ({ event_id }, context) => {
    const event = await visibleEvent(postgres, event_id, context.caller)
    return answerView(bus, event, context)
  })
}
