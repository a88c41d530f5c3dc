import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { ParsedRequestOf } from '#shared/contracts/contract.ts'
import { setWaitingRoom as contract } from '#shared/contracts/waiting-room.ts'
import { once } from '#shared/database/idempotency.ts'
import type { Database } from '#shared/database/postgres.ts'
import { invalidRequest } from '#shared/errors.ts'
import { addFact } from '#shared/facts/outbox.ts'
import { requireOrganiser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import { driveSale } from '../booking-calls.ts'
import { drawNotOpen } from '../draw-view.ts'
import { eventFact } from '../facts.ts'
import { showWaitingRoom } from '../room-view.ts'
import { type DrawTerms, lockDraw, writeDraw } from '../store/draws.ts'
import { raiseVersion } from '../store/organise-events.ts'
import { lockEvent } from '../store/read-events.ts'
import { hasPlaces, writeWaitingRoom } from '../store/waiting-rooms.ts'

type Request = ParsedRequestOf<typeof contract>

/**
 * Booking is told first, while the event is locked: once this has answered, no place is taken without a pass, or none is needed any
 * more. A crash in between leaves a room that the same request sets again.
 */
export function setWaitingRoom({ bus, postgres }: WorkerParts): Operation {
  return operation(contract, async (request, context) => {
    requireOrganiser(context.caller)
    const command = { schema: 'event', operation: contract.operation, request, context } as const
    return postgres.transaction((db) =>
      once(db, command, async () => {
        const event = await lockEvent(db, request.event_id)
        const { draw: _, ...settings } = request
        const terms = await newTerms(db, request)
        await driveSale(bus, { ...event, needsPass: request.state !== 'off' }, context)
        await writeWaitingRoom(db, { ...settings, state: request.state === 'pre_queue' ? 'open' : request.state })
        if (terms !== undefined) await writeDraw(db, event.id, terms, newSecrets())
        const version = await raiseVersion(db, event.id)
        await addFact(db, 'event', eventFact('room', { ...event, version }))
        const room = await showWaitingRoom(db, event.id)
        if (room === undefined) throw new Error(`the waiting room of event ${event.id} was not written`)
        return room
      }),
    )
  })
}

/** The terms that a request gives a draw, if it does. A draw belongs to an event for good, and none is announced to people who wait. */
async function newTerms(db: Database, { event_id, state, draw }: Request): Promise<DrawTerms | undefined> {
  if (draw !== undefined && state === 'off') {
    throw invalidRequest([{ pointer: '/draw', detail: 'does not go with the state `off`' }])
  }
  if (draw === undefined && state !== 'pre_queue') return undefined
  const known = await lockDraw(db, event_id)
  if (known !== undefined && known.seed !== null) throw drawNotOpen('The draw of this event was held.')
  if (draw === undefined) {
    if (known === undefined) throw invalidRequest([{ pointer: '/draw', detail: 'is needed for the state `pre_queue`' }])
    return undefined
  }
  if (known?.isClosing) throw drawNotOpen('The pre-queue has closed, or does so in a moment: its draw stays as it is.')
  if (known === undefined && (await hasPlaces(db, event_id))) {
    throw drawNotOpen(
      'Buyers wait in the queue already, and keep their order: a draw is announced before the first joins.',
    )
  }
  const terms = {
    joinsFrom: draw.joins_from === undefined ? null : new Date(draw.joins_from),
    closesAt: new Date(draw.closes_at),
    opensAt: new Date(draw.opens_at),
    beaconSource: draw.beacon,
  }
  const wrong = [
    terms.closesAt.getTime() <= Date.now() && { pointer: '/draw/closes_at', detail: 'must be in the future' },
    terms.opensAt < terms.closesAt && { pointer: '/draw/opens_at', detail: 'must not be before closes_at' },
    terms.joinsFrom !== null &&
      terms.joinsFrom >= terms.closesAt && { pointer: '/draw/joins_from', detail: 'must be before closes_at' },
  ].filter((error) => error !== false)
  if (wrong.length > 0) throw invalidRequest(wrong)
  return terms
}

function newSecrets(): { secret: Buffer; receiptKey: Buffer } {
  const { privateKey } = generateKeyPairSync('ed25519')
  return { secret: randomBytes(32), receiptKey: privateKey.export({ format: 'der', type: 'pkcs8' }) }
}
