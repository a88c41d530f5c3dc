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
import type { Key } from '../keys.ts'
import { refuseUnknownEvent } from '../known-event.ts'
import { OthersAreDeciding, pickBestAvailable } from '../pick-best-available.ts'
import { invalidRequest } from '../refusals.ts'
import { refuseUnlessOpen, saleNotOpen } from '../sale.ts'
import { type Buyer, findPossessions, lockBuyer } from '../store/buyers.ts'
import { endHolds, insertHold, lockHold, readHold } from '../store/holds.ts'
import { findSale, type Sale } from '../store/sales.ts'
import { findSeatsAround, lockFreeSeats } from '../store/seats.ts'

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
      throw conflicts === null ? error : await explainConflicts(postgres, request, conflicts)
    }
  })
}

interface Wish {
  readonly buyer: Buyer
  readonly sale: Sale
  readonly request: Request
  /** Wait for buyers who are deciding about the best seats, instead of passing over what they have locked. */
  readonly waiting: boolean
}

async function takeSeats(db: Database, wish: Wish): Promise<Hold> {
  const { buyer, sale, request, waiting } = wish
  const { eventId, userId } = buyer
  refuseUnlessOpen(sale, sale.now)
  await lockBuyer(db, buyer)
  const dueHold = await lockDueHold(db, wish)
  const seatNos = request.seat_nos
    ? await lockNamedSeats(db, eventId, request.seat_nos)
    : await pickBestAvailable(db, { eventId, qty: quantityOf(request), waiting })
  // Only now that nothing is left to wait for: its seats get locked, and they may be lower than the new ones.
  if (dueHold !== null) await endHolds(db, [dueHold], 'expired')
  const key = { eventId, ownId: newId() }
  await insertHold(db, { hold: key, userId, seatNos })
  const hold = await readHold(db, key)
  if (hold === undefined) throw new Error(`hold ${key.ownId} was written but cannot be read`)
  return hold
}

/**
 * Throws `hold_exists` or `ticket_limit` when the buyer may not hold these seats as well. Answers an earlier hold that is
 * over but was not ended yet.
 */
async function lockDueHold(db: Database, { buyer, sale, request }: Wish): Promise<Key | null> {
  const { liveHold, liveTickets } = await findPossessions(db, buyer)
  const key = liveHold && { eventId: buyer.eventId, ownId: liveHold.ownId }
  if (key !== null && !liveHold?.due) {
    throw new TicketingError('hold_exists', 'You already hold seats of this event.', {
      extra: { hold_id: publicId(key) },
    })
  }
  const limit = sale.maxTicketsPerUser
  if (liveTickets + quantityOf(request) > limit) {
    throw new TicketingError('ticket_limit', `One person may have at most ${limit} tickets of this event.`, {
      extra: { limit, tickets: liveTickets },
    })
  }
  const hold = key && (await lockHold(db, key))
  return hold?.ended === false ? key : null
}

async function lockNamedSeats(db: Database, eventId: string, wanted: number[]): Promise<number[]> {
  const locked = await lockFreeSeats(db, { eventId, seatNos: wanted })
  if (locked.size === wanted.length) return wanted
  throw seatUnavailable({ conflicts: wanted.filter((seatNo) => !locked.has(seatNo)) })
}

/** The seats that were lost to others; `null` when the error says something else. */
function conflictsOf(error: unknown, request: Request): number[] | null {
  if (error instanceof TicketingError && error.code === 'seat_unavailable') return error.extra.conflicts as number[]
  // Somebody has been deciding about them for so long that which ones they are is not known.
  return lockTimedOut(error) || error instanceof OthersAreDeciding ? (request.seat_nos ?? []) : null
}

/**
 * Numbers that are no seats are the caller's mistake; for the others there are hints, read after the transaction is over:
 * by the time they are chosen they may be gone as well.
 */
async function explainConflicts(db: Database, request: Request, conflicts: number[]): Promise<TicketingError> {
  const { event_id: eventId, seat_nos: wanted = [] } = request
  const near = conflicts[0]
  if (near === undefined) return seatUnavailable({ conflicts })
  const seats = await findSeatsAround(db, { eventId, seatNos: wanted, near, reach: alternativesReach })
  const known = new Set(seats.map(({ seatNo }) => seatNo))
  const errors = wanted.flatMap((seatNo, index) =>
    known.has(seatNo) ? [] : [{ pointer: `/seat_nos/${index}`, detail: 'is not a seat of this event' }],
  )
  if (errors.length > 0) return invalidRequest(...errors)
  const free = seats.filter((seat) => seat.free)
  return seatUnavailable({ conflicts, alternatives: alternativesNear(free, { seatNo: near, qty: wanted.length }) })
}

function quantityOf({ seat_nos, best_available }: Request): number {
  return seat_nos?.length ?? best_available?.qty ?? 0
}

function seatUnavailable(lost: { conflicts: number[]; alternatives?: number[][] }): TicketingError {
  return new TicketingError('seat_unavailable', 'Somebody else was faster; choose other seats.', {
    extra: { alternatives: [], ...lost },
  })
}
