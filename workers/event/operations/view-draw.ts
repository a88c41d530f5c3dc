import { viewDraw as contract } from '#shared/contracts/draw.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import { readDraw, showDraw } from '../draw-view.ts'

/** Shows the draw of an event. Throws `draw_not_open` without a draw, and `event_not_found`. */
export function viewDraw({ postgres }: Pick<WorkerParts, 'postgres'>): Operation {
  return operation(contract, async ({ event_id }, { caller }) => showDraw(await readDraw(postgres, event_id, caller)))
}
