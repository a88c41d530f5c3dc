import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import type { DrawDocument, DrawSummary } from '#shared/contracts/draw.ts'
import type { Database } from '#shared/database/postgres.ts'
import { commitmentOf, drawAlgorithm, drawPageSize } from '#shared/draw.ts'
import { TicketingError } from '#shared/errors.ts'
import { type Draw, findDraw } from './store/draws.ts'
import { readEvent } from './store/read-events.ts'

/* Draws in their public form. */

/** Throws `event_not_found`, and `draw_not_open` for an event without a draw. */
export async function readDraw(db: Database, eventId: string): Promise<Draw> {
  const draw = await findDraw(db, eventId)
  if (draw !== undefined) return draw
  await readEvent(db, eventId)
  throw noDraw()
}

export function showDrawSummary(draw: Draw): DrawSummary {
  return {
    joins_from: draw.joinsFrom?.toISOString() ?? null,
    closes_at: draw.closesAt.toISOString(),
    opens_at: draw.opensAt.toISOString(),
    commitment: commitmentOf(draw.secret).toString('hex'),
    root: draw.root?.toString('hex') ?? null,
    // Public with the root only: before it, no gateway has handed over all of the roll.
    count: draw.root === null ? null : draw.count,
    entrants: draw.entrants,
    is_drawn: draw.seed !== null,
  }
}

export function showDraw(draw: Draw): DrawDocument {
  const { x = '' } = createPublicKey(receiptKeyOf(draw)).export({ format: 'jwk' })
  return {
    event_id: draw.eventId,
    algorithm: drawAlgorithm,
    ...showDrawSummary(draw),
    bypassed: draw.bypassed,
    beacon:
      draw.beaconSource === null
        ? null
        : {
            source: draw.beaconSource,
            value: draw.beaconValue,
            published_at: draw.beaconPublishedAt?.toISOString() ?? null,
          },
    closed_at: draw.closedAt?.toISOString() ?? null,
    drawn_at: draw.drawnAt?.toISOString() ?? null,
    secret: draw.seed === null ? null : draw.secret.toString('hex'),
    seed: draw.seed?.toString('hex') ?? null,
    page_size: drawPageSize,
    receipt_key: { kty: 'OKP', crv: 'Ed25519', x },
  }
}

export function receiptKeyOf({ receiptKey }: Pick<Draw, 'receiptKey'>): KeyObject {
  return createPrivateKey({ key: receiptKey, format: 'der', type: 'pkcs8' })
}

export function drawNotOpen(message: string): TicketingError {
  return new TicketingError('draw_not_open', message)
}

export function noDraw(): TicketingError {
  return drawNotOpen('This event has no draw.')
}
