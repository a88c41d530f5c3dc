import type { AreaState } from '#shared/contracts/seats.ts'
import type { Database } from '#shared/database/postgres.ts'
import { TicketingError } from '#shared/errors.ts'
import { reach, type SeatsSeen, seatsStayLocked, seatUnavailable } from '../lost-seats/lost-seats.ts'
import { hasAnyPlaceLeft } from '../store/areas.ts'
import { countLeft, hasRun } from '../store/rows.ts'
import { countAreas } from '../store/seat-views.ts'
import { viewSeats } from '../store/seats.ts'
import { tooFewLeft } from '../too-few-left.ts'
import type { Admitted } from './admit.ts'
import type { Lack, Lacking } from './decide.ts'
import { mayBeApart, type Outcome, type Patience, type PlaceRequest, refused } from './request.ts'
import type { SearchedRows } from './seen-places.ts'

const locked: Outcome = { what: 'alone', why: 'places_locked' }

/**
 * Why requests lack places: the refusal, with the places left or nearby as of now; or `alone` if suitable places exist but others have
 * locked them. Requests for the same places share one lookup.
 */
export async function explainLacks(
  db: Database,
  lacking: readonly Lacking[],
  patience: Patience,
): Promise<ReadonlyMap<PlaceRequest, Outcome>> {
  const seats = new Map<string, Promise<SeatsSeen>>()
  const rows = new Map<SearchedRows, Promise<(admitted: Admitted) => Outcome>>()
  const areas = new Map<string, Promise<AreaState[]>>()
  for (const [eventId, ofEvent] of Map.groupBy(lacking, ({ admitted }) => admitted.request.buyer.eventId)) {
    const numbers = ofEvent.flatMap(({ admitted, lack }) => (lack.of === 'seats' ? numbersToSee(admitted, lack) : []))
    if (numbers.length > 0) seats.set(eventId, seeSeats(db, eventId, [...new Set(numbers)]))
  }
  for (const { lack, admitted } of lacking) {
    const { eventId } = admitted.request.buyer
    if (lack.of === 'rows' && !rows.has(lack.searched))
      rows.set(lack.searched, explainRows(db, lack.searched, patience))
    // A request alone has locked all shards of its areas.
    if (lack.of === 'area' && !patience.alone && !areas.has(eventId)) areas.set(eventId, countAreas(db, eventId))
  }
  const explained = lacking.map(async ({ admitted, lack }): Promise<[PlaceRequest, Outcome]> => {
    const { request } = admitted
    switch (lack.of) {
      case 'seats': {
        const seen = await seats.get(request.buyer.eventId)
        if (seen === undefined) throw new Error('seats were not looked at')
        return [request, explainSeats(seen, { wanted: request.selection.seat_nos ?? [], lost: lack.seatNos }, patience)]
      }
      case 'rows':
        return [request, (await rows.get(lack.searched))?.(admitted) ?? locked]
      case 'area': {
        const { eventId } = request.buyer
        const counted = (await areas.get(eventId))?.find(({ area }) => area === lack.area.name)
        return [request, await explainArea(db, eventId, lack, counted)]
      }
    }
  })
  return new Map(await Promise.all(explained))
}

function numbersToSee({ request }: Admitted, { seatNos }: Lack & { of: 'seats' }): number[] {
  const near = seatNos[0] ?? 0
  const first = Math.max(0, near - reach)
  const around = Array.from({ length: near + reach - first + 1 }, (_, index) => first + index)
  return [...(request.selection.seat_nos ?? []), ...around]
}

async function seeSeats(db: Database, eventId: string, seatNos: readonly number[]): Promise<SeatsSeen> {
  const seats = await viewSeats(db, { eventId, seatNos })
  const states = new Map(seats.map(({ seatNo, state }) => [seatNo, state]))
  return {
    stateOf: (seatNo) => states.get(seatNo),
    freeSeatsAround: (near, distance) =>
      seats.filter(({ seatNo, state }) => state === 'available' && Math.abs(seatNo - near) <= distance),
  }
}

/** For best available seats `lost` is empty: other transactions have locked all of them for too long. */
function explainSeats(
  seen: SeatsSeen,
  { wanted, lost }: { wanted: readonly number[]; lost: readonly number[] },
  { alone }: Patience,
): Outcome {
  if (lost.length === 0) return refused(seatsStayLocked())
  if (alone) return refused(seatUnavailable(seen, { wanted, conflicts: lost }))
  const gone = lost.filter((seatNo) => seen.stateOf(seatNo) !== 'available')
  return gone.length === 0 ? locked : refused(seatUnavailable(seen, { wanted, conflicts: gone }))
}

/** The refusal of requests that searched the same seats. It depends on whether they only prefer neighbouring seats. */
async function explainRows(
  db: Database,
  { filter, qty, exhausted }: SearchedRows,
  { forRows }: Patience,
): Promise<(admitted: Admitted) => Outcome> {
  // After a rush almost all requests end this way.
  const left = await countLeft(db, filter, qty)
  if (left.free < qty) return () => refused(tooFewLeft(left))
  const isCertain = (forRows && exhausted) || !(await hasRun(db, filter, qty))
  // Others may have taken the last seats between the two reads.
  const stillLeft = isCertain ? await countLeft(db, filter, qty) : left
  if (stillLeft.free < qty) return () => refused(tooFewLeft(stillLeft))
  return ({ request }) => {
    if (!isCertain || mayBeApart(request)) return locked
    return refused(new TicketingError('no_adjacent_seats', `There are no ${qty} free seats side by side.`))
  }
}

/** `counted`: the current state of the area, unless the locked shards are all of it. */
async function explainArea(
  db: Database,
  eventId: string,
  { area, ...seen }: Lack & { of: 'area' },
  counted: AreaState | undefined,
): Promise<Outcome> {
  const { available: free, held } = counted ?? { available: seen.free, held: seen.held }
  if (free >= area.qty) return locked
  const anyOfEvent = free > 0 || held > 0 || (await hasAnyPlaceLeft(db, eventId))
  return refused(tooFewLeft({ free, heldByOthers: held > 0, anyOfEvent }, area.name))
}
