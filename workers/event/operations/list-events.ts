import { listEvents as contract } from '#shared/contracts/event.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/worker.ts'
import { answerPage } from '../event-answers.ts'

/**
 * Lists events by date, with what is left of them; postponed and cancelled ones only where past ones are wanted, too. Throws
 * `validation_failed` for a cursor of another list.
 */
export function listEvents({ bus, postgres }: WorkerParts): Operation {
  return operation(contract, async ({ status, ...filters }, context) => {
    const upcoming = status === 'upcoming'
    const page = await answerPage({ bus, postgres }, { ...filters, upcoming, takingPlace: upcoming }, context)
    return { ...page, message: countMessage(page.items.length, upcoming) }
  })
}

function countMessage(count: number, upcoming: boolean): string {
  return `${count} ${upcoming ? 'upcoming ' : ''}${count === 1 ? 'event' : 'events'}`
}
