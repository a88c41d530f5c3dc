import { holdSeats as contract, type Hold } from '#shared/contracts/booking.ts'
import type { ParsedRequestOf } from '#shared/contracts/contract.ts'
import { TicketingError } from '#shared/errors.ts'
import { type Command, isDone, once } from '#shared/idempotency.ts'
import { newId } from '#shared/ids.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { type Database, lockTimedOut, type Postgres } from '#shared/postgres.ts'
import { refuseBeyondAllowance } from '../allowance.ts'
import { buyerOf } from '../buyer.ts'
import { refuseUnknownEvent } from '../known-event.ts'
import { explainConflicts, seatUnavailable } from '../lost-seats.ts'
import { OthersAreDeciding, pickBestAvailable } from '../pick-best-available.ts'
import { refuseUnlessOpen, saleNotOpen } from '../sale.ts'
import { type Buyer, findPossessions, lockBuyer } from '../store/buyers.ts'
import { endHolds, insertHold, lockHold, readHold } from '../store/holds.ts'
import { findSale, type Sale } from '../store/sales.ts'
import { findTakenByOthers, lockFreeSeats } from '../store/seats.ts'

type Request = ParsedRequestOf<typeof contract>

interface Wish {
  readonly buyer: Buyer
  readonly sale: Sale
  readonly request: Request
  /** Wait for buyers who are deciding about the best seats, instead of passing over what they have locked. */
  readonly waiting: boolean
}

export function holdSeats({ postgres, bus }: { postgres: Postgres; bus: Bus }): Operation {
  return operation(contract, async (request, context) => {
    const eventId = request.event_id
    const buyer = { eventId, userId: buyerOf(context) }
    const sale = await findSale(postgres, eventId)
    if (sale === undefined) {
      await refuseUnknownEvent(bus, eventId, context)
      throw saleNotOpen(null)
    }
    const command = { schema: 'booking', operation: contract.operation, request, context } as const
    await refuseTakenSeats(postgres, { buyer, sale, command })
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
      throw await explainConflicts(postgres, { eventId, wanted: request.seat_nos ?? [], conflicts })
    }
  })
}

/**
 * Where the losers of a rush end: with one look and no transaction, so that they do not stand in the winners' way. A seat
 * that looks free here is judged again under its lock. A repetition goes on to its stored answer.
 */
async function refuseTakenSeats(
  db: Database,
  { buyer, sale, command }: { buyer: Buyer; sale: Sale; command: Command & { request: Request } },
): Promise<void> {
  const wanted = command.request.seat_nos
  if (wanted === undefined) return
  const conflicts = await findTakenByOthers(db, { ...buyer, seatNos: wanted })
  if (conflicts.length === 0 || (await isDone(db, command))) return
  refuseUnlessOpen(sale, sale.now)
  throw await explainConflicts(db, { eventId: buyer.eventId, wanted, conflicts })
}

async function takeSeats(db: Database, { buyer, sale, request, waiting }: Wish): Promise<Hold> {
  const { eventId, userId } = buyer
  const qty = request.seat_nos?.length ?? request.best_available?.qty ?? 0
  refuseUnlessOpen(sale, sale.now)
  await lockBuyer(db, buyer)
  const possessions = await findPossessions(db, buyer)
  refuseBeyondAllowance(possessions, { eventId, qty, limit: sale.maxTicketsPerUser })
  const earlier = possessions.liveHold && { eventId, ownId: possessions.liveHold.ownId }
  const due = earlier && (await lockHold(db, earlier))?.ended === false ? [earlier] : []
  const seatNos = request.seat_nos
    ? await lockNamedSeats(db, eventId, request.seat_nos)
    : await pickBestAvailable(db, { eventId, qty, waiting })
  // Not before there is nothing left to wait for: its seats get locked, and they may be lower than the new ones.
  await endHolds(db, due, 'expired')
  const key = { eventId, ownId: newId() }
  await insertHold(db, { hold: key, userId, seatNos })
  const hold = await readHold(db, key)
  if (hold === undefined) throw new Error(`hold ${key.ownId} was written but cannot be read`)
  return hold
}

async function lockNamedSeats(db: Database, eventId: string, wanted: readonly number[]): Promise<readonly number[]> {
  const locked = await lockFreeSeats(db, { eventId, seatNos: wanted })
  if (locked.size === wanted.length) return wanted
  throw seatUnavailable({ conflicts: wanted.filter((seatNo) => !locked.has(seatNo)) })
}

/** The seats that were lost to others; `null` when the error says something else. */
function conflictsOf(error: unknown, request: Request): readonly number[] | null {
  // Somebody has been deciding about them for so long that it is not known which ones they are.
  if (lockTimedOut(error) || error instanceof OthersAreDeciding) return request.seat_nos ?? []
  const lost = error instanceof TicketingError && error.code === 'seat_unavailable'
  return lost ? (error.extra.conflicts as number[]) : null
}
