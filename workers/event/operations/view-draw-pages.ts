import { viewDrawRanks as ranksContract, viewDrawRoll as rollContract } from '#shared/contracts/draw.ts'
import type { Postgres } from '#shared/database/postgres.ts'
import { drawPageSize, leafAt, leafBytes } from '#shared/draw.ts'
import { TicketingError } from '#shared/errors.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { drawNotOpen, noDraw } from '../draw-view.ts'
import { type Draw, type DrawPage, findDraw, findPage } from '../store/draws.ts'
import { readEvent } from '../store/read-events.ts'

interface Parts {
  readonly postgres: Postgres
}

export function viewDrawRoll({ postgres }: Parts): Operation {
  return operation(rollContract, async ({ event_id, page }) => {
    const draw = await readDraw(postgres, event_id)
    if (draw.root === null) throw drawNotOpen('The roll is published when the pre-queue has closed.')
    const { leaves } = await readPage(postgres, event_id, page)
    return {
      ...pageOf(event_id, page),
      leaves: Array.from({ length: leaves.length / leafBytes }, (_, at) => leafAt(leaves, at)?.toString('hex') ?? null),
    }
  })
}

export function viewDrawRanks({ postgres }: Parts): Operation {
  return operation(ranksContract, async ({ event_id, page }) => {
    const draw = await readDraw(postgres, event_id)
    if (draw.seed === null) throw drawNotOpen('The order has not been drawn yet.')
    const { ranks } = await readPage(postgres, event_id, page)
    if (ranks === null) throw new Error(`page ${page} of event ${event_id} has no ranks`)
    return {
      ...pageOf(event_id, page),
      numbers: Array.from({ length: ranks.length / 4 }, (_, at) => ranks.readUInt32BE(at * 4) + 1),
    }
  })
}

async function readDraw(postgres: Postgres, eventId: string): Promise<Draw> {
  const draw = await findDraw(postgres, eventId)
  if (draw !== undefined) return draw
  await readEvent(postgres, eventId)
  throw noDraw()
}

async function readPage(postgres: Postgres, eventId: string, page: number): Promise<DrawPage> {
  const found = await findPage(postgres, eventId, page)
  if (found === undefined) throw new TicketingError('not_found', 'The roll has no such page.')
  return found
}

function pageOf(eventId: string, page: number) {
  return { event_id: eventId, page, first: page * drawPageSize }
}
