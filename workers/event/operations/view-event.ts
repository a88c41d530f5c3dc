import { viewEvent as contract } from '#shared/contracts/event.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import { visibleEvent } from '../access.ts'
import { answerView } from '../event-answers.ts'

/** Shows one event with what is left of it. Throws `event_not_found`, for drafts to everybody but organisers. */
export function viewEvent({ bus, postgres }: WorkerParts): Operation {
  return operation(contract, async ({ event_id }, context) => {
    const event = await visibleEvent(postgres, event_id, context.caller)
    return answerView(bus, event, context)
  })
}
