import type { ParsedRequestOf } from '#shared/contracts/contract.ts'
import { holdSeats as contract, type Hold } from '#shared/contracts/holds.ts'
import { wantedPlaces } from '#shared/contracts/places.ts'
import { type Command, isDone, once } from '#shared/idempotency.ts'
import { newId } from '#shared/ids.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { addFact } from '#shared/outbox.ts'
import type { Database, Postgres } from '#shared/postgres.ts'
import { refuseBeyondAllowance } from '../allowance.ts'
import { holdFact, seatFacts } from '../facts.ts'
import { endAndTell } from '../hold-ends.ts'
import type { Key } from '../keys.ts'
import { refuseUnknownEvent } from '../known-event.ts'
import { explainConflicts } from '../lost-seats.ts'
import { takeOrExplain } from '../place-conflicts.ts'
import type { RushFilter } from '../rush-filter.ts'
import { refuseUnlessOpen, saleNotOpen } from '../sale.ts'
import type { SoldShares } from '../sold-shares.ts'
import { type Buyer, findPossessions, lockBuyer } from '../store/buyers.ts'
import { insertHold, lockHold, readHold } from '../store/holds.ts'
import { findSale, type Sale } from '../store/sales.ts'
import { findTakenByOthers } from '../store/seats.ts'
import { takePlaces } from '../take-places.ts'

type Request = ParsedRequestOf<typeof contract>

interface Wish {
  readonly buyer: Buyer
  readonly sale: Sale
  readonly shares: SoldShares
  readonly request: Request
  /** The hold that is to be made. */
  readonly key: Key
  /** Wait for buyers who are deciding about the best seats, instead of passing over what they have locked. */
  readonly waiting: boolean
}

interface Parts {
  readonly postgres: Postgres
  readonly bus: Bus
  readonly shares: SoldShares
  /** `null`: everybody goes straight to the database. */
  readonly filter: RushFilter | null
}

export function holdSeats({ postgres, bus, shares, filter }: Parts): Operation {
  return operation(contract, async (request, context) => {
    const eventId = request.event_id
    const buyer = { eventId, userId: requireUser(context.caller) }
    const key = { eventId, ownId: newId() }
    const command = { schema: 'booking', operation: contract.operation, request, context } as const
    const make = async (): Promise<Hold> => {
      const sale = await findSale(postgres, eventId)
      if (sale === undefined) {
        await refuseUnknownEvent(bus, eventId, context)
        throw saleNotOpen(null)
      }
      await refuseTakenSeats(postgres, { buyer, sale, command })
      return takeOrExplain(postgres, { eventId, selection: request }, (waiting) =>
        postgres.transaction((db) =>
          once(db, command, () => takeSeats(db, { buyer, sale, shares, request, key, waiting })),
        ),
      )
    }
    if (filter === null || request.seat_nos === undefined) return make()
    return filter.pass({ hold: key, userId: buyer.userId, seatNos: request.seat_nos }, make)
  })
}

/**
 * Where losers end who came by the locks, or without them: with one look and no transaction, so that they do not stand in the winners' way. A seat
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

async function takeSeats(db: Database, { buyer, sale, shares, request, key, waiting }: Wish): Promise<Hold> {
  const { eventId, userId } = buyer
  const qty = wantedPlaces(request)
  refuseUnlessOpen(sale, sale.now)
  await lockBuyer(db, buyer)
  const possessions = await findPossessions(db, buyer)
  refuseBeyondAllowance(possessions, { eventId, qty, limit: sale.maxTicketsPerUser })
  const earlier = possessions.liveHold && { eventId, ownId: possessions.liveHold.ownId }
  const due = earlier && (await lockHold(db, earlier))?.ended === false ? [earlier] : []
  const places = await takePlaces(db, { eventId, selection: request, waiting, sale, shares })
  // Not before there is nothing left to wait for: its seats get locked, and they may be lower than the new ones.
  await endAndTell(db, due, 'expired')
  const seats = seatFacts(await insertHold(db, { hold: key, userId, places }), 'held')
  const areas = [...new Set(places.standing.map(({ areaNo }) => areaNo))]
  await addFact(db, 'booking', holdFact(key, { what: 'taken', status: 'active', seats, areas }))
  const hold = await readHold(db, key)
  if (hold === undefined) throw new Error(`hold ${key.ownId} was written but cannot be read`)
  return hold
}
