import type { ParsedRequestOf } from '#shared/contracts/contract.ts'
import { holdSeats as contract, type Hold } from '#shared/contracts/holds.ts'
import { wantedPlaces } from '#shared/contracts/places.ts'
import { type Command, isDone, once } from '#shared/database/idempotency.ts'
import type { Database, Postgres } from '#shared/database/postgres.ts'
import { addFact } from '#shared/facts/outbox.ts'
import { type Key, newId } from '#shared/ids.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { areaNosOf, holdFact, seatFacts } from '../facts.ts'
import { endAndTell } from '../hold-ends.ts'
import { refuseUnknownEvent } from '../known-event.ts'
import { explainConflicts } from '../lost-seats/lost-seats.ts'
import { takeOrExplain } from '../lost-seats/place-conflicts.ts'
import type { BookingMetrics } from '../metrics.ts'
import type { RushFilter } from '../rush-filter/rush-filter.ts'
import { refuseUnlessOpen, saleNotOpen } from '../sale.ts'
import type { SoldShares } from '../sold-shares.ts'
import { type Buyer, findTicketsInUse, lockBuyer } from '../store/buyers.ts'
import { insertHold, lockHold, readHold } from '../store/holds.ts'
import { walkInOrder } from '../store/rows.ts'
import { findSale } from '../store/sales.ts'
import { findTakenByOthers } from '../store/seats.ts'
import { takePlaces } from '../take-places.ts'
import { holdExists, refuseBeyondLimit, type TicketsInUse } from '../ticket-limit.ts'

type Request = ParsedRequestOf<typeof contract>

interface NewHold {
  readonly buyer: Buyer
  readonly shares: SoldShares
  readonly request: Request
  /** The hold that is to be made. */
  readonly key: Key
  /** Wait for buyers who are deciding about the best seats, instead of passing over what they have locked. */
  readonly waitForLocks: boolean
}

interface Parts {
  readonly postgres: Postgres
  readonly bus: Bus
  readonly shares: SoldShares
  /** `null`: everybody goes straight to the database. */
  readonly filter: RushFilter | null
  readonly metrics: BookingMetrics
}

/**
 * Gives a buyer places for a limited time: the named ones, the best available ones, standing ones, or several of these; all or
 * none. The price they have now is what they cost until then.
 */
export function holdSeats({ postgres, bus, shares, filter, metrics }: Parts): Operation {
  return operation(contract, async (request, context) => {
    const eventId = request.event_id
    const buyer = { eventId, userId: requireUser(context.caller) }
    const key = { eventId, ownId: newId() }
    const command = { schema: 'booking', operation: contract.operation, request, context } as const
    let isRepetition = true
    const make = async (): Promise<Hold> => {
      await refuseTakenSeats(postgres, { buyer, command })
      return takeOrExplain(postgres, { eventId, selection: request }, (waitForLocks) =>
        postgres.transaction(
          (db) =>
            once(db, command, () => {
              isRepetition = false
              return takeSeats(db, { buyer, shares, request, key, waitForLocks })
            }),
          request.best_available && { settings: walkInOrder },
        ),
      ).catch(async (error: unknown) => {
        if (error instanceof NothingStocked) await refuseUnknownEvent(bus, eventId, context)
        throw error instanceof NothingStocked ? saleNotOpen(null) : error
      })
    }
    const made =
      filter === null || request.seat_nos === undefined
        ? make()
        : filter.pass({ hold: key, userId: buyer.userId, seatNos: request.seat_nos }, make)
    made.then(
      () => {
        if (!isRepetition) metrics.held()
      },
      (error) => metrics.holdRefused(error),
    )
    return made
  })
}

/**
 * Refuses buyers whose seats are visibly taken with one look and no transaction, so that they do not stand in the winners'
 * way. A seat that looks free here is judged again under its lock. A repetition goes on to its stored answer.
 */
async function refuseTakenSeats(
  db: Database,
  { buyer, command }: { buyer: Buyer; command: Command & { request: Request } },
): Promise<void> {
  const wanted = command.request.seat_nos
  if (wanted === undefined) return
  const conflicts = await findTakenByOthers(db, { ...buyer, seatNos: wanted })
  if (conflicts.length === 0 || (await isDone(db, command))) return
  const sale = await findSale(db, buyer.eventId)
  if (sale !== undefined) refuseUnlessOpen(sale, sale.now)
  throw await explainConflicts(db, { eventId: buyer.eventId, wanted, conflicts })
}

/** Nothing of the event was ever stocked; or there is no such event. */
class NothingStocked extends Error {}

async function takeSeats(db: Database, { buyer, shares, request, key, waitForLocks }: NewHold): Promise<Hold> {
  const { eventId, userId } = buyer
  const qty = wantedPlaces(request)
  await lockBuyer(db, buyer)
  const [inUse, sale] = await Promise.all([findTicketsInUse(db, buyer), findSale(db, eventId)])
  if (sale === undefined) throw new NothingStocked()
  refuseUnlessOpen(sale, sale.now)
  refuseBeyondLimit(inUse, { eventId, qty, limit: sale.maxTicketsPerUser })
  const due = await lockDueHold(db, { eventId, inUse })
  const places = await takePlaces(db, { eventId, selection: request, waitForLocks, sale, shares })
  // Not before there is nothing left to wait for: its seats get locked, and they may be lower than the new ones.
  await endAndTell(db, due, 'expired')
  const seats = seatFacts(await insertHold(db, { hold: key, userId, places }), 'held')
  const areas = areaNosOf(places.standing)
  const hold = await readHold(db, key)
  if (hold === undefined) throw new Error(`hold ${key.ownId} was written but cannot be read`)
  const lasting = { userId, expiresInMs: hold.expires_in_ms }
  await addFact(db, 'booking', holdFact(key, { what: 'taken', status: 'active', ...lasting, seats, areas }))
  return hold
}

/**
 * Locks the buyer's earlier hold, which had run out when it was looked at, so that it can be ended. Throws `hold_exists` when
 * it was extended or paid for in that moment.
 */
async function lockDueHold(db: Database, { eventId, inUse }: { eventId: string; inUse: TicketsInUse }): Promise<Key[]> {
  if (inUse.liveHold === null) return []
  const key = { eventId, ownId: inUse.liveHold.ownId }
  const hold = await lockHold(db, key)
  if (hold === undefined || hold.ended) return []
  if (hold.status !== 'expired') throw holdExists(key)
  return [key]
}
