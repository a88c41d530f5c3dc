import { viewDraw as contract } from '#shared/contracts/draw.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import { readDraw, showDraw } from '../draw-view.ts'

export function viewDraw({ postgres }: Pick<WorkerParts, 'postgres'>): Operation {
  return operation(contract, async ({ event_id }) => showDraw(await readDraw(postgres, event_id)))
}
