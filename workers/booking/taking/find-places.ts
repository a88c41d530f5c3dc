import { type Database, lockTimedOut } from '#shared/database/postgres.ts'
import { type AreaKey, lockAllShards, lockShards, type Shard } from '../store/areas.ts'
import { hasRun, lockFirstSeats, lockRowsWithRun, lockSeatsOfRows } from '../store/rows.ts'
import { lockFreeSeats } from '../store/seats.ts'
import type { Admitted } from './admit.ts'
import { decide, type Lacking } from './decide.ts'
import { mayBeApart, type Patience } from './request.ts'
import { areaName, type SearchedRows, type SeenPlaces, seatName } from './seen-places.ts'

/** Other transactions have locked the wanted seats for so long that it is unknown what happened to them. */
export class SeatsStayLocked extends Error {}

export interface SearchOptions extends Patience {
  /** Most rows that one search locks; default: as many as the waiting requests will probably fill. */
  readonly rowsPerSearch?: number | undefined
}

/** A batch searches until every request has places or no search would help, and at most this often. */
const maxSearches = 8
/** More rows than named seats can have emptied between the read of a row and the lock of its seats. */
const maxSearchesAlone = 32
/** Fewer seats than most rows have: others skip rows that a batch has locked and does not need. */
const seatsOfRow = 16
const maxRows = 64
/** A batch leaves shards of an area to others, unless two shards have too few places. */
const fewShards = 2
const allShards = 100

/** The second step of a batch: locks places that the requests may get, and decides who gets which. */
export async function findAndDecide(db: Database, admitted: readonly Admitted[], options: SearchOptions) {
  const seen: SeenPlaces = { named: new Map(), shards: new Map() }
  const { alone } = options
  const lockAreas = (requests: readonly Admitted[], limit: number): Promise<void>[] =>
    alone ? [] : areasOf(requests).map(async (area) => addShards(seen, area, await lockShards(db, area, limit)))
  await waitingForSeats([
    lockNamed(db, admitted, seen, options),
    ...searchesOf(admitted).map(([searched, pending]) => search(db, searched, { ...options, pending, round: 0 })),
    ...lockAreas(admitted, fewShards),
  ])
  let decided = decide(admitted, seen)
  for (let round = 1; round < (alone ? maxSearchesAlone : maxSearches) && decided.lacking.length > 0; round++) {
    const lacking = (isLacking: (each: Lacking) => boolean): Admitted[] =>
      decided.lacking.filter(isLacking).map(({ admitted }) => admitted)
    const ofRows = lacking(({ lack }) => lack.of === 'rows' && !lack.searched.exhausted)
    const ofSingles = lacking(
      ({ lack, admitted: { request } }) =>
        lack.of === 'rows' && mayBeApart(request) && lack.searched.singleSeats === null,
    )
    const ofAreas = lacking(({ lack }) => lack.of === 'area' && round === 1)
    const searches = [
      ...searchesOf(ofRows).map(([searched, pending]) => search(db, searched, { ...options, pending, round })),
      ...searchesOf(ofSingles).flatMap(([searched, pending]) =>
        searched.exhausted ? findSingles(db, searched, { ...options, pending }) : [],
      ),
      ...lockAreas(ofAreas, allShards),
    ]
    if (searches.length === 0) break
    await waitingForSeats(searches)
    decided = decide(admitted, seen)
  }
  // In the order of locks, shards come after all seats, and only a batch of one waits for them.
  const [only] = admitted
  const hasSeats = decided.lacking.every(({ lack }) => lack.of === 'area')
  if (!alone || only === undefined || !hasSeats) return decided
  await lookAtWholeAreas(db, only, seen)
  return decide(admitted, seen)
}

/** Named seats, each once. */
async function lockNamed(
  db: Database,
  admitted: readonly Admitted[],
  seen: SeenPlaces,
  { alone }: Patience,
): Promise<void> {
  const wanted = admitted.flatMap(({ request: { buyer, selection, isSwap, hold } }) =>
    (selection.seat_nos ?? []).map((seatNo) => ({ ...buyer, seatNo, ownHold: isSwap ? hold.ownId : null })),
  )
  const distinct = [...new Map(wanted.map((seat) => [seatName(seat), seat])).values()]
  if (distinct.length === 0) return
  for (const seat of await lockFreeSeats(db, distinct, { wait: alone })) seen.named.set(seatName(seat), seat)
}

/** The searches of these requests, and how many requests share each. */
function searchesOf(requests: readonly Admitted[]): [SearchedRows, number][] {
  const searches = Map.groupBy(
    requests.flatMap(({ searched }) => searched ?? []),
    (searched) => searched,
  )
  return Array.from(searches, ([searched, { length }]) => [searched, length])
}

/** Locks rows in which `pending` requests may find their seats, and the free seats of these rows. */
async function search(
  db: Database,
  searched: SearchedRows,
  { pending, round, forRows, rowsPerSearch }: SearchOptions & { pending: number; round: number },
): Promise<void> {
  const { filter, qty } = searched
  // A search that waits reads all rows once, upwards, so that two of them take locks in the same order.
  if (forRows) searched.tidyOnly = false
  const probably = round < 2 ? Math.ceil((pending * qty) / seatsOfRow) : pending
  const limit = forRows ? 1 : Math.min(maxRows, rowsPerSearch ?? probably + (searched.tidyOnly ? 0 : searched.rowCount))
  const ahead = { ...filter, firstSeatNo: searched.nextSeatNo }
  const rows = await lockRowsWithRun(db, ahead, { qty, tidy: searched.tidyOnly, limit, wait: forRows })
  const seats = rows.length === 0 ? [] : await lockSeatsOfRows(db, filter, { rows, wait: forRows })
  const known = new Map([...searched.seats, ...seats].map((seat) => [seat.seatNo, seat]))
  searched.seats = [...known.values()].sort((one, other) => one.seatNo - other.seatNo)
  searched.rowCount += rows.length
  searched.nextSeatNo = (rows.at(-1)?.lastSeatNo ?? filter.lastSeatNo) + 1
  if (rows.length === limit) return
  if (searched.tidyOnly) Object.assign(searched, { tidyOnly: false, nextSeatNo: filter.firstSeatNo })
  else searched.exhausted = true
}

/** Single seats, for requests that only prefer neighbouring seats, once it is certain that there are not enough neighbours. */
async function findSingles(
  db: Database,
  searched: SearchedRows,
  { pending, forRows }: SearchOptions & { pending: number },
): Promise<void> {
  const { filter, qty } = searched
  const isCertain = forRows || !(await hasRun(db, filter, qty))
  searched.singleSeats = isCertain ? await lockFirstSeats(db, filter, pending * qty) : []
}

/** Each area once. */
function areasOf(requests: readonly Admitted[]): AreaKey[] {
  const areas = requests.flatMap(({ request: { buyer }, areas }) =>
    areas.map(({ areaNo }) => ({ eventId: buyer.eventId, areaNo })),
  )
  return [...new Map(areas.map((area) => [areaName(area), area])).values()]
}

function addShards({ shards }: SeenPlaces, area: AreaKey, locked: readonly Shard[]): void {
  const known = shards.get(areaName(area)) ?? []
  const added = locked.filter(({ shard }) => !known.some((each) => each.shard === shard))
  shards.set(areaName(area), [...known, ...added])
}

async function lookAtWholeAreas(db: Database, { request, areas }: Admitted, seen: SeenPlaces): Promise<void> {
  const { buyer, hold, isSwap } = request
  if (areas.length === 0 && !isSwap) return
  const { eventId } = buyer
  const areaNos = areas.map(({ areaNo }) => areaNo)
  const shards = await lockAllShards(db, { eventId, areaNos, ownHold: isSwap ? hold : undefined })
  for (const [areaNo, ofArea] of Map.groupBy(shards, (shard) => shard.areaNo))
    addShards(seen, { eventId, areaNo }, ofArea)
}

async function waitingForSeats(searches: readonly Promise<void>[]): Promise<void> {
  try {
    await Promise.all(searches)
  } catch (error) {
    throw lockTimedOut(error) ? new SeatsStayLocked() : error
  }
}
