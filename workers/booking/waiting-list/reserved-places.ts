import type { Database } from '#shared/database/postgres.ts'
import { TicketingError } from '#shared/errors.ts'
import { type Area, findAreaItems } from '../store/areas.ts'
import type { LockedHold } from '../store/holds.ts'
import type { Sale } from '../store/sales.ts'
import type { PlaceRequest } from '../taking/request.ts'
import { newSearch, type SearchedRows, seatName } from '../taking/seen-places.ts'
import { findCoveredSeats, findPartsNotWaitedFor } from './free-places.ts'
import { coversArea, type Wanted } from './wishes.ts'

type Search = SearchedRows | TicketingError

interface Looked {
  readonly sales: ReadonlyMap<string, Sale>
  readonly searches: ReadonlyMap<PlaceRequest, Search>
  readonly areas: readonly (Area & { readonly eventId: string })[]
  /** The hold of the only request, if it is an exchange. */
  readonly ownHold: LockedHold | undefined
}

/**
 * Reserves places that buyers on a waiting list want, offered or not. Returns the requests that cannot go on unchanged: with the refusal
 * `waiting_list_first`, or with a search among other seats.
 */
export async function reserveForWaitingList(
  db: Database,
  requests: readonly PlaceRequest[],
  { sales, searches, areas, ownHold }: Looked,
): Promise<ReadonlyMap<PlaceRequest, Search>> {
  const judged = requests.flatMap((request) => {
    const waitedFor = sales.get(request.buyer.eventId)?.waitedFor ?? []
    return request.offerMs !== undefined || waitedFor.length === 0 ? [] : [{ request, waitedFor }]
  })
  const answers = new Map<PlaceRequest, Search>()
  if (judged.length === 0) return answers
  const keptSeats = await findReservedSeats(db, judged, ownHold)
  const narrowed = new Map<SearchedRows, Promise<SearchedRows>>()
  for (const { request, waitedFor } of judged) {
    const { selection, buyer } = request
    const conflicts = (selection.seat_nos ?? []).filter((seatNo) => keptSeats.has(seatName({ ...buyer, seatNo })))
    const searched = searches.get(request)
    if (conflicts.length > 0) answers.set(request, waitingListFirst(buyer.eventId, { conflicts }))
    else if (isWaitedFor(request, waitedFor) || (await wantsMoreOfArea(db, request, { waitedFor, areas })))
      answers.set(request, waitingListFirst(buyer.eventId))
    else if (searched !== undefined && !(searched instanceof Error)) {
      const search = narrowed.get(searched) ?? searchElsewhere(db, searched, waitedFor)
      narrowed.set(searched, search)
      answers.set(request, await search)
    }
  }
  return answers
}

/** The reserved seats among the named ones, by `seatName`. An exchange can keep its own seats. */
async function findReservedSeats(
  db: Database,
  judged: readonly { readonly request: PlaceRequest; readonly waitedFor: readonly Wanted[] }[],
  ownHold: LockedHold | undefined,
): Promise<ReadonlySet<string>> {
  const named = judged.flatMap(({ request: { buyer, selection, isSwap }, waitedFor }) => {
    const seatNos = (selection.seat_nos ?? []).filter((seatNo) => !(isSwap && ownHold?.seatNos.includes(seatNo)))
    return seatNos.map((seatNo) => ({ eventId: buyer.eventId, seatNo, wanted: waitedFor }))
  })
  return new Set(named.length === 0 ? [] : (await findCoveredSeats(db, named)).map(seatName))
}

/** Whether waiting buyers want all seats among which the request searches for the best ones. */
function isWaitedFor({ selection: { best_available: wish } }: PlaceRequest, waitedFor: readonly Wanted[]): boolean {
  if (wish === undefined) return false
  if (wish.accessible === true) return waitedFor.some(({ kind }) => kind === 'accessible')
  return waitedFor.some(({ kind, name }) => {
    return kind === 'any' || (kind === 'tier' && name === wish.tier) || (kind === 'section' && name === wish.section)
  })
}

/** Whether the request wants tickets of an area that waiting buyers want; for an exchange, only if it wants more than it has. */
async function wantsMoreOfArea(
  db: Database,
  { buyer, selection, isSwap, hold }: PlaceRequest,
  { waitedFor, areas }: { waitedFor: readonly Wanted[]; areas: Looked['areas'] },
): Promise<boolean> {
  const wanted = (selection.areas ?? []).filter(({ area }) => waitedFor.some((each) => coversArea(each, area)))
  if (wanted.length === 0 || !isSwap) return wanted.length > 0
  const own = await findAreaItems(db, hold)
  return wanted.some(({ area, qty }) => {
    const areaNo = areas.find(({ eventId, name }) => eventId === buyer.eventId && name === area)?.areaNo
    return qty > own.reduce((sum, item) => sum + (item.areaNo === areaNo ? item.qty : 0), 0)
  })
}

/** The same search without tiers and sections that waiting buyers want. */
async function searchElsewhere(
  db: Database,
  searched: SearchedRows,
  waitedFor: readonly Wanted[],
): Promise<SearchedRows> {
  const { filter, qty } = searched
  const namesOf = (wanted: Wanted['kind']): string[] =>
    waitedFor.flatMap(({ kind, name }) => (kind === wanted && name !== null ? [name] : []))
  const [tiers, sections] = [namesOf('tier'), namesOf('section')]
  if (filter.accessible || tiers.length + sections.length === 0) return searched
  const others = await findPartsNotWaitedFor(db, filter.eventId, { tiers, sections })
  const among = (nos: readonly number[] | null, allowed: readonly number[]): readonly number[] =>
    nos === null ? allowed : nos.filter((no) => allowed.includes(no))
  return newSearch(
    { ...filter, tierNos: among(filter.tierNos, others.tierNos), rowNos: among(filter.rowNos, others.rowNos) },
    qty,
  )
}

function waitingListFirst(eventId: string, extra: { conflicts?: readonly number[] } = {}): TicketingError {
  return new TicketingError(
    'waiting_list_first',
    'Places that become free go to the people on the waiting list first; join it, choose other places, or try again later.',
    { extra: { ...extra, join_url: `/events/${eventId}/waiting-list` } },
  )
}
