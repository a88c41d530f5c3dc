import { giveBeacon as contract } from '#shared/contracts/draw.ts'
import { once } from '#shared/database/idempotency.ts'
import { invalidRequest } from '#shared/errors.ts'
import { requireOrganiser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import { drawNotOpen, noDraw, showDraw } from '../draw-view.ts'
import { lockDraw, writeBeacon } from '../store/draws.ts'
import { readEvent } from '../store/read-events.ts'

/** The beacon must be later than the root: an earlier value could have been known when the last entrants joined. */
export function giveBeacon({ postgres }: Pick<WorkerParts, 'postgres'>): Operation {
  return operation(contract, async (request, context) => {
    requireOrganiser(context.caller)
    const { event_id, value } = request
    const command = { schema: 'event', operation: contract.operation, request, context } as const
    return postgres.transaction((db) =>
      once(db, command, async () => {
        await readEvent(db, event_id)
        const draw = await lockDraw(db, event_id)
        if (draw === undefined) throw noDraw()
        if (draw.beaconSource === null) throw drawNotOpen('This draw has no beacon.')
        if (draw.closedAt === null) throw drawNotOpen('The root of the roll is not published yet.')
        if (draw.beaconValue !== null && draw.beaconValue !== value) {
          throw drawNotOpen('This draw already has its beacon, which is final.')
        }
        if (draw.beaconValue !== null) return showDraw(draw)
        const publishedAt = new Date(request.published_at)
        if (publishedAt <= draw.closedAt || publishedAt.getTime() > Date.now()) {
          const detail = `must be between the root of the roll (${draw.closedAt.toISOString()}) and now`
          throw invalidRequest([{ pointer: '/published_at', detail }])
        }
        await writeBeacon(db, event_id, { value, publishedAt })
        return showDraw({ ...draw, beaconValue: value, beaconPublishedAt: publishedAt })
      }),
    )
  })
}
