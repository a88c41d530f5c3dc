import type { Hold } from '#shared/contracts/holds.ts'
import { type Place, wantedPlaces } from '#shared/contracts/places.ts'
import { storeReplies } from '#shared/database/idempotency.ts'
import type { Database } from '#shared/database/postgres.ts'
import type { Fact } from '#shared/facts/fact.ts'
import { addFacts } from '#shared/facts/outbox.ts'
import { areaNosOf, type ChangedSeat, holdFact, seatFacts } from '../facts.ts'
import { endAndPublish } from '../hold-ends.ts'
import { currentPrice } from '../price-rule.ts'
import { holdAreaPlaces } from '../store/areas.ts'
import { clearHold, insertHolds, showHold } from '../store/holds.ts'
import { holdLockedSeats, type LockedSeat } from '../store/seats.ts'
import type { Admitted } from './admit.ts'
import type { Given } from './decide.ts'
import type { PlaceRequest } from './request.ts'
import { seatName } from './seen-places.ts'

interface Writing extends Given {
  readonly request: PlaceRequest
  /** The places after the write, at the price that the hold freezes. */
  readonly seats: readonly LockedSeat[]
  /** Seats that an exchange gives up. */
  readonly freed: readonly ChangedSeat[]
}

/**
 * Writes the holds of a batch with their facts and stored replies, and returns them. A failed statement shows at COMMIT. `position`: of
 * this transaction.
 */
export async function writeHolds(
  db: Database,
  given: readonly Given[],
  position: string,
): Promise<ReadonlyMap<PlaceRequest, Hold>> {
  assertGivenOnce(given)
  const writing: Writing[] = []
  for (const each of given) writing.push(await freeEarlierPlaces(db, each))
  const made = writing.filter(({ request }) => !request.isSwap)
  await insertHolds(
    db,
    made.map(({ request: { hold, buyer }, admitted: { passId, sale } }) => {
      return { hold, userId: buyer.userId, passId, lastsMs: sale.holdMs, capMs: sale.holdCapMs }
    }),
  )
  const seats = writing.flatMap(({ request: { hold }, seats }) => seats.map((seat) => ({ hold, ...seat })))
  await holdLockedSeats(db, seats)
  const areaPlaces = writing.flatMap(({ request: { hold }, areaPlaces }) =>
    areaPlaces.map((place) => ({ hold, ...place })),
  )
  await holdAreaPlaces(db, areaPlaces)
  await addFacts(db, 'booking', writing.map(factOf))
  const holds = new Map(writing.map((each) => [each.request, replyOf(each, position)]))
  await storeReplies(
    db,
    Array.from(holds, ([{ command }, reply]) => ({ command, reply })),
  )
  return holds
}

/** Asserts that no two requests share a seat and each has as many places as it wants. The fence in SQL does not rely on this. */
function assertGivenOnce(given: readonly Given[]): void {
  const names = given.flatMap(({ seats }) => seats.map(seatName))
  if (new Set(names).size !== names.length) throw new Error('a batch gave a seat to two requests')
  for (const { admitted, seats, areaPlaces } of given) {
    const places = areaPlaces.reduce((sum, { qty }) => sum + qty, seats.length)
    if (places !== wantedPlaces(admitted.request.selection)) throw new Error('a batch gave a request other places')
  }
}

/** Ends the buyer's expired hold, or takes the places of a hold that exchanges them. All necessary locks are already taken. */
async function freeEarlierPlaces(db: Database, given: Given): Promise<Writing> {
  const { request, dueHold, ownHold, steppedTiers } = given.admitted
  const ended = dueHold === null ? [] : await endAndPublish(db, [dueHold], 'expired')
  const changed = new Map(ended.flatMap(({ seats }) => seats).map(({ seatNo, version }) => [seatNo, version]))
  const seatNos = given.seats.map(({ seatNo }) => seatNo)
  const freed = request.isSwap ? await clearHold(db, request.hold, seatNos) : []
  const seats = given.seats.map((seat) => ({
    ...seat,
    version: (changed.get(seat.seatNo) ?? seat.version) + 1,
    priceMinor: ownHold?.frozenPrices.get(seat.seatNo) ?? currentPrice(seat.priceMinor, steppedTiers?.get(seat.tierNo)),
  }))
  return { ...given, request, seats, freed }
}

function factOf({ admitted, request, seats, areaPlaces, freed }: Writing): Fact {
  const before = admitted.ownHold?.areaNos ?? []
  const fact = holdFact(request.hold, {
    what: request.isSwap ? 'changed' : 'taken',
    status: 'active',
    userId: request.buyer.userId,
    expiresInMs: lastsMs(admitted),
    seats: [...seatFacts(freed, 'available'), ...seatFacts(seats, 'held')],
    areas: areaNosOf([...before.map((areaNo) => ({ areaNo })), ...areaPlaces]),
  })
  return { ...fact, traceparent: request.traceparent }
}

function lastsMs({ sale, ownHold }: Admitted): number {
  return ownHold?.expiresInMs ?? sale.holdMs
}

function replyOf({ admitted, request, seats, areaPlaces }: Writing, position: string): Hold {
  const { sale, ownHold } = admitted
  const ofSeats = seats.map(({ seatNo, section, row, label, priceMinor }) => {
    return { seat_no: seatNo, section, row, label, price_minor: priceMinor }
  })
  const ofAreas = admitted.areas.map(({ areaNo, name, priceMinor }) => {
    const qty = areaPlaces.reduce((sum, place) => sum + (place.areaNo === areaNo ? place.qty : 0), 0)
    return { area: name, qty, price_minor: priceMinor }
  })
  const places: Place[] = [...ofSeats, ...ofAreas]
  return showHold(request.hold, {
    user_id: request.buyer.userId,
    status: 'active',
    places,
    currency: sale.currency,
    expires_at: ownHold?.expiresAt ?? sale.holdUntil,
    expires_in_ms: lastsMs(admitted),
    hard_cap_at: ownHold?.hardCapAt ?? sale.holdHardCap,
    seq: position,
  })
}
