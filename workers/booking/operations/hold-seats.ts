import { holdSeats as contract, type Hold } from '#shared/contracts/booking.ts'
import type { ParsedRequestOf } from '#shared/contracts/contract.ts'
import { TicketingError } from '#shared/errors.ts'
import { once } from '#shared/idempotency.ts'
import { newId, publicId } from '#shared/ids.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { type Database, lockTimedOut, type Postgres } from '#shared/postgres.ts'
import { alternativesNear } from '../alternatives.ts'
import { buyerOf } from '../buyer.ts'
import { refuseUnknownEvent } from '../known-event.ts'
import { OthersAreDeciding, pickBestAvailable } from '../pick-best-available.ts'
import { refuseUnlessOpen, saleNotOpen } from '../sale.ts'
import { type Buyer, findPossessions, lockBuyer } from '../store/buyers.ts'
import { endHolds, findDueHoldOf, insertHold, lockHold, readHold } from '../store/holds.ts'
import { findSale, type Sale } from '../store/sales.ts'
import { existingSeats, findFreeSeatsNear, lockFreeSeats } from '../store/seats.ts'

type Request = ParsedRequestOf<typeof contract>

/** How far from a lost seat alternatives are looked for, in seat numbers: some rows of any house. */
const alternativesReach = 100

export function holdSeats({ postgres, bus }: { postgres: Postgres; bus: Bus }): Operation {
  return operation(contract, async (request, context) => {
    const buyer = { eventId: request.event_id, userId: buyerOf(context) }
    const sale = await findSale(postgres, buyer.eventId)
    if (sale === undefined) {
      await refuseUnknownEvent(bus, buyer.eventId, context)
      throw saleNotOpen(null)
    }
    await endDueHold(postgres, buyer)
    const command = { schema: 'booking', operation: contract.operation, request, context } as const
    const hold = (waiting: boolean): Promise<Hold> =>
      postgres.transaction((db) => once(db, command, () => takeSeats(db, { buyer, sale, request, waiting })))
    try {
      return await hold(false).catch((error: unknown) => {
        if (error instanceof OthersAreDeciding) return hold(true)
        throw error
      })
    } catch (error) {
      const conflicts = conflictsOf(error, request)
      if (conflicts === null) throw error
      throw seatUnavailable(conflicts, await findAlternatives(postgres, request, conflicts))
    }
  })
}

/** In a transaction of its own, because whoever has seats locked must not wait for lower ones. */
async function endDueHold(postgres: Postgres, buyer: Buyer): Promise<void> {
  const key = await findDueHoldOf(postgres, buyer)
  if (key === undefined) return
  await postgres.transaction(async (db) => {
    const hold = await lockHold(db, key)
    if (hold?.status === 'expired' && !hold.ended) await endHolds(db, [key], 'expired')
  })
}

interface Wish {
  readonly buyer: Buyer
  readonly sale: Sale
  readonly request: Request
  /** Wait for buyers who are deciding about the best seats, instead of passing over what they have locked. */
  readonly waiting: boolean
}

async function takeSeats(db: Database, { buyer, sale, request, waiting }: Wish): Promise<Hold> {
  const { eventId, userId } = buyer
  refuseUnlessOpen(sale, sale.now)
  await lockBuyer(db, buyer)
  await refuseBeyondLimit(db, { buyer, sale, request })
  const seatNos = request.seat_nos
    ? await lockNamedSeats(db, eventId, request.seat_nos)
    : await pickBestAvailable(db, { eventId, qty: quantityOf(request), waiting })
  const key = { eventId, ownId: newId() }
  await insertHold(db, { hold: key, userId, seatNos })
  const hold = await readHold(db, key)
  if (hold === undefined) throw new Error(`hold ${key.ownId} was written but cannot be read`)
  return hold
}

async function refuseBeyondLimit(db: Database, { buyer, sale, request }: Omit<Wish, 'waiting'>): Promise<void> {
  const { liveHoldId, liveTickets } = await findPossessions(db, buyer)
  if (liveHoldId !== null) {
    throw new TicketingError('hold_exists', 'You already hold seats of this event.', {
      extra: { hold_id: publicId({ eventId: buyer.eventId, ownId: liveHoldId }) },
    })
  }
  const limit = sale.maxTicketsPerUser
  if (liveTickets + quantityOf(request) > limit) {
    throw new TicketingError('ticket_limit', `One person may have at most ${limit} tickets of this event.`, {
      extra: { limit, tickets: liveTickets },
    })
  }
}

async function lockNamedSeats(db: Database, eventId: string, wanted: number[]): Promise<number[]> {
  const locked = await lockFreeSeats(db, { eventId, seatNos: wanted })
  if (locked.size === wanted.length) return wanted
  const existing = await existingSeats(db, { eventId, seatNos: wanted })
  const errors = wanted.flatMap((seatNo, index) =>
    existing.has(seatNo) ? [] : [{ pointer: `/seat_nos/${index}`, detail: 'is not a seat of this event' }],
  )
  if (errors.length > 0)
    throw new TicketingError('validation_failed', 'The request is not valid.', { extra: { errors } })
  throw seatUnavailable(wanted.filter((seatNo) => !locked.has(seatNo)))
}

/** The seats that were lost to others; `null` when the error says something else. */
function conflictsOf(error: unknown, request: Request): number[] | null {
  if (error instanceof TicketingError && error.code === 'seat_unavailable') return error.extra.conflicts as number[]
  // Somebody has been deciding about them for too long to know better.
  return lockTimedOut(error) || error instanceof OthersAreDeciding ? (request.seat_nos ?? []) : null
}

/** Hints, read after the transaction is over: by the time they are chosen they may be gone as well. */
async function findAlternatives(db: Database, request: Request, conflicts: readonly number[]): Promise<number[][]> {
  const seatNo = conflicts[0]
  if (seatNo === undefined) return []
  const free = await findFreeSeatsNear(db, { eventId: request.event_id, seatNo, reach: alternativesReach })
  return alternativesNear(free, { seatNo, qty: quantityOf(request) })
}

function quantityOf({ seat_nos, best_available }: Request): number {
  return seat_nos?.length ?? best_available?.qty ?? 0
}

function seatUnavailable(conflicts: readonly number[], alternatives: readonly number[][] = []): TicketingError {
  return new TicketingError('seat_unavailable', 'Somebody else was faster; choose other seats.', {
    extra: { conflicts, alternatives },
  })
}
