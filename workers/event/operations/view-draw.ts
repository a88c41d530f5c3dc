import { viewDraw as contract } from '#shared/contracts/draw.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import { noDraw, showDraw } from '../draw-view.ts'
import { findDraw } from '../store/draws.ts'
import { readEvent } from '../store/read-events.ts'

export function viewDraw({ postgres }: Pick<WorkerParts, 'postgres'>): Operation {
  return operation(contract, async ({ event_id }) => {
    const draw = await findDraw(postgres, event_id)
    if (draw !== undefined) return showDraw(draw)
    await readEvent(postgres, event_id)
    throw noDraw()
  })
}
