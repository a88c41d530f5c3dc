import { viewDrawRanks as ranksContract, viewDrawRoll as rollContract } from '#shared/contracts/draw.ts'
import type { Postgres } from '#shared/database/postgres.ts'
import { drawPageSize, leafAt, leafBytes, numberAt } from '#shared/draw.ts'
import { TicketingError } from '#shared/errors.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { drawNotOpen, readDraw } from '../draw-view.ts'
import { type DrawPage, findPage } from '../store/draws.ts'

interface Parts {
  readonly postgres: Postgres
}

/** Shows a page of a draw's roll. Throws `draw_not_open` before its root is published, and `not_found`. */
export function viewDrawRoll({ postgres }: Parts): Operation {
  return operation(rollContract, async ({ event_id, page }, { caller }) => {
    const draw = await readDraw(postgres, event_id, caller)
    if (draw.root === null) throw drawNotOpen('The roll is published when the pre-queue has closed.')
    const { leaves } = await readPage(postgres, event_id, page)
    return {
      ...pageOf(event_id, page),
      leaves: Array.from({ length: leaves.length / leafBytes }, (_, at) => leafAt(leaves, at)?.toString('hex') ?? null),
    }
  })
}

/** Shows a page of a draw's ranks. Throws `draw_not_open` before the draw, and `not_found`. */
export function viewDrawRanks({ postgres }: Parts): Operation {
  return operation(ranksContract, async ({ event_id, page }, { caller }) => {
    const draw = await readDraw(postgres, event_id, caller)
    if (draw.seed === null) throw drawNotOpen('The order has not been drawn yet.')
    const { ranks } = await readPage(postgres, event_id, page)
    if (ranks === null) throw new Error(`page ${page} of event ${event_id} has no ranks`)
    return {
      ...pageOf(event_id, page),
      numbers: Array.from({ length: ranks.length / 4 }, (_, at) => numberAt(ranks, at)),
    }
  })
}

async function readPage(postgres: Postgres, eventId: string, page: number): Promise<DrawPage> {
  const found = await findPage(postgres, eventId, page)
  if (found === undefined) throw new TicketingError('not_found', 'The roll has no such page.')
  return found
}

function pageOf(eventId: string, page: number) {
  return { event_id: eventId, page, first: page * drawPageSize }
}
