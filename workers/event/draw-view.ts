import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import type { DrawDocument, DrawSummary } from '#shared/contracts/draw.ts'
import type { Database } from '#shared/database/postgres.ts'
import { commitmentOf, drawAlgorithm, drawPageSize } from '#shared/draw.ts'
import { TicketingError } from '#shared/errors.ts'
import type { Caller } from '#shared/messaging/caller.ts'
import { type Draw, findDraw } from './store/draws.ts'
import { visibleEvent } from './visible-event.ts'

/* Draws in their public form. */

/** Throws `event_not_found`, also for drafts unless the caller is an organiser, and `draw_not_open` for an event without a draw. */
export async function readDraw(db: Database, eventId: string, caller: Caller): Promise<Draw> {
  const [draw] = await Promise.all([findDraw(db, eventId), visibleEvent(db, eventId, caller)])
  if (draw === undefined) throw noDraw()
  return draw
}

/** The part of a draw that its queue shows. */
export function showDrawSummary(draw: Draw): DrawSummary {
  return {
    joins_from: draw.joinsFrom?.toISOString() ?? null,
    closes_at: draw.closesAt.toISOString(),
    opens_at: draw.opensAt.toISOString(),
    commitment: commitmentOf(draw.secret).toString('hex'),
    root: draw.root?.toString('hex') ?? null,
    // Published only with the root: before it, no gateway has sent the whole roll.
    count: draw.root === null ? null : draw.count,
    entrants: draw.entrants,
    is_drawn: draw.seed !== null,
  }
}

/** A draw with everything needed to verify it. */
export function showDraw(draw: Draw): DrawDocument {
  const { x = '' } = createPublicKey(signingKeyOf(draw)).export({ format: 'jwk' })
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

/** The private key that signs a draw's receipts. */
export function signingKeyOf({ receiptKey }: Pick<Draw, 'receiptKey'>): KeyObject {
  return createPrivateKey({ key: receiptKey, format: 'der', type: 'pkcs8' })
}

/** The refusal of a step that the draw does not allow at its current stage. */
export function drawNotOpen(message: string): TicketingError {
  return new TicketingError('draw_not_open', message)
}

/** The refusal for an event without a draw. */
export function noDraw(): TicketingError {
  return drawNotOpen('This event has no draw.')
}
