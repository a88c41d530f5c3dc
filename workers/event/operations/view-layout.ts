import { viewLayout as contract } from '#shared/contracts/event.ts'
import { TicketingError } from '#shared/errors.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import { asDifferences } from '../compact-layout.ts'
import { sectionOutlines } from '../section-outlines.ts'
import { readLayout } from '../store/layouts.ts'
import { visibleEvent } from '../visible-event.ts'

/** Shows the seating plan of an event, current or by version. Throws `event_not_found`, also for drafts, and `not_found`. */
export function viewLayout({ postgres }: WorkerParts): Operation {
  return operation(contract, async ({ event_id, version, coordinates }, { caller }) => {
    const { layoutVersion } = await visibleEvent(postgres, event_id, caller)
    if (layoutVersion === null) throw new TicketingError('not_found', 'The event has no seating plan.')
    const found = await readLayout(postgres, event_id, version ?? layoutVersion)
    if (found === undefined) {
      throw new TicketingError(
        'not_found',
        `The seating plan has no version ${version}; the current one is ${layoutVersion}.`,
      )
    }
    const { layout, outlines } = found
    const drawn = {
      event_id,
      version: version ?? layoutVersion,
      ...layout,
      outlines: outlines ?? sectionOutlines(layout),
    }
    return coordinates === 'differences' ? asDifferences(drawn) : drawn
  })
}
