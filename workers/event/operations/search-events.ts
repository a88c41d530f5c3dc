import { searchEvents as contract } from '#shared/contracts/event.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/worker.ts'
import { answerPage } from '../event-answers.ts'

/**
 * Finds events that take place, the best fit first, with what is left of them; past ones only when asked from a date on.
 * Throws `validation_failed` for a cursor of another list.
 */
export function searchEvents({ bus, postgres }: WorkerParts): Operation {
  return operation(contract, ({ min_price, max_price, ...filters }, context) =>
    answerPage(
      { bus, postgres },
      {
        ...filters,
        minPriceMinor: min_price,
        maxPriceMinor: max_price,
        upcoming: filters.start === undefined,
        takingPlace: true,
      },
      context,
    ),
  )
}
