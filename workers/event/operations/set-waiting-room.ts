import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { ParsedRequestOf } from '#shared/contracts/contract.ts'
import { setWaitingRoom as contract, roomDefaults } from '#shared/contracts/waiting-room.ts'
import { once } from '#shared/database/idempotency.ts'
import type { Database } from '#shared/database/postgres.ts'
import { invalidRequest } from '#shared/errors.ts'
import { addFact } from '#shared/facts/outbox.ts'
import { requireOrganiser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { WorkerParts } from '#shared/process/worker.ts'
import { setSaleInBooking } from '../booking-calls.ts'
import { drawNotOpen } from '../draw-view.ts'
import { eventFact } from '../facts.ts'
import { showWaitingRoom } from '../room-view.ts'
import { type DrawTerms, lockDraw, writeDraw } from '../store/draws.ts'
import { raiseVersion } from '../store/organise-events.ts'
import { lockEvent } from '../store/read-events.ts'
import { findWaitingRoom, hasPlaces, writeWaitingRoom } from '../store/waiting-rooms.ts'

type Request = ParsedRequestOf<typeof contract>

/**
 * Calls the booking worker first, while the event is locked: after the answer no place is taken without a pass, or none is needed any more.
 * After a crash in between the same request sets the room again. What the request leaves out is read under this lock, so two organisers do
 * not undo each other's changes.
 */
export function setWaitingRoom({ bus, postgres }: WorkerParts): Operation {
  return operation(contract, async (request, context) => {
    requireOrganiser(context.caller)
    const command = { schema: 'event', operation: contract.operation, request, context } as const
    return postgres.transaction((db) =>
      once(db, command, async () => {
        const event = await lockEvent(db, request.event_id)
        const stored = await findWaitingRoom(db, event.id)
        const { draw, state = stored?.state, ...given } = request
        if (state === undefined)
          throw invalidRequest([{ pointer: '/state', detail: 'is required for a new waiting room' }])
        const terms = await newTerms(db, event.id, { state, draw })
        await setSaleInBooking(bus, { ...event, needsPass: state !== 'off' }, context)
        const settings = { ...roomDefaults, ...stored, ...given }
        await writeWaitingRoom(db, { ...settings, state: state === 'pre_queue' ? 'open' : state })
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

/** The terms of the draw in a request, if any. An event has one draw for good, and no draw is announced to people who already wait. */
async function newTerms(
  db: Database,
  eventId: string,
  { state, draw }: Pick<Request, 'draw'> & Required<Pick<Request, 'state'>>,
): Promise<DrawTerms | undefined> {
  if (draw !== undefined && state === 'off') {
    throw invalidRequest([{ pointer: '/draw', detail: 'is not allowed with the state `off`' }])
  }
  if (draw === undefined && state !== 'pre_queue') return undefined
  const known = await lockDraw(db, eventId)
  if (known !== undefined && known.seed !== null) throw drawNotOpen('The draw of this event has been held.')
  if (draw === undefined) {
    if (known === undefined)
      throw invalidRequest([{ pointer: '/draw', detail: 'is required with the state `pre_queue`' }])
    return undefined
  }
  if (known?.isClosing)
    throw drawNotOpen('The pre-queue has closed or is about to close: its draw can no longer change.')
  if (known === undefined && (await hasPlaces(db, eventId))) {
    throw drawNotOpen(
      'Buyers already wait in the queue and keep their order: announce a draw before the first buyer joins.',
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
