import type { Hold } from '#shared/contracts/holds.ts'
import { wantedPlaces } from '#shared/contracts/places.ts'
import { findReplies } from '#shared/database/idempotency.ts'
import type { Database } from '#shared/database/postgres.ts'
import { invalidRequest, TicketingError } from '#shared/errors.ts'
import type { Key } from '#shared/ids.ts'
import { remainingMs } from '#shared/messaging/headers.ts'
import { timedOut } from '#shared/messaging/message.ts'
import { readSeatFilter } from '../best-available/seat-filter.ts'
import { refuseUnlessOwnAndActive } from '../own-hold.ts'
import { type UseOfPass, usablePass } from '../passes.ts'
import { refuseUnlessOpen } from '../sale.ts'
import type { SoldShares, SteppedTiers } from '../sold-shares.ts'
import { type Area, findAreas } from '../store/areas.ts'
import { findTicketsInUse, lockBuyer, tryLockBuyers } from '../store/buyers.ts'
import { findFrozenPrices, type LockedHold, lockDueHold, lockHold } from '../store/holds.ts'
import { findUseOfPasses } from '../store/passes.ts'
import { findSales, type Sale } from '../store/sales.ts'
import { refuseBeyondLimit, refuseTooManyTickets, type TicketsInUse } from '../ticket-limit.ts'
import { reserveForWaitingList } from '../waiting-list/reserved-places.ts'
import { type Outcome, type Patience, type PlaceRequest, refused } from './request.ts'
import { newSearch, type SearchedRows } from './seen-places.ts'

/** The event has never had stock, or does not exist. */
export class NothingStocked extends Error {}

export interface WantedArea extends Area {
  readonly qty: number
}

/** The locked hold whose places are exchanged. */
export interface OwnHold extends LockedHold {
  /** Its seats with their frozen prices, by number: seats that stay keep their price. */
  readonly frozenPrices: ReadonlyMap<number, number>
}

/** A request that can go on to take places. */
export interface Admitted {
  readonly request: PlaceRequest
  readonly sale: Sale
  /** Tiers with price steps; `undefined`: none. */
  readonly steppedTiers: SteppedTiers | undefined
  /** Sorted by number. */
  readonly areas: readonly WantedArea[]
  /** The search for the best seats, if wanted. */
  readonly searched: SearchedRows | null
  readonly ownHold: OwnHold | null
  /** The buyer's earlier, expired hold, which is locked and must be ended. */
  readonly dueHold: Key | null
  /** Id of the pass for a new hold; null if none is needed. */
  readonly passId: string | null
}

/**
 * The first step of a batch reads everything except places and decides which requests can go on. It takes their keys and the locks of their
 * buyers. Each request either goes on or has its outcome.
 */
export async function admit(
  db: Database,
  requests: readonly PlaceRequest[],
  { shares, alone }: Pick<Patience, 'alone'> & { shares: SoldShares },
): Promise<{ admitted: Admitted[]; outcomes: Map<PlaceRequest, Outcome> }> {
  const outcomes = new Map<PlaceRequest, Outcome>()
  const eventIds = [...new Set(requests.map(({ buyer }) => buyer.eventId))]
  const withAreas = [...new Set(requests.flatMap(({ buyer, selection }) => (selection.areas ? [buyer.eventId] : [])))]
  // Sent together: each statement has its own snapshot, so statements after a lock see everything committed before it.
  const [replies, buyers, [ownHold, dueHold], inUse, sales, areas, searches] = await Promise.all([
    findReplies(
      db,
      requests.map(({ command }) => command),
    ),
    lockBuyers(db, requests, alone),
    lockHolds(db, requests, alone),
    findTicketsInUse(
      db,
      requests.map(({ buyer }) => buyer),
    ),
    findSales(db, eventIds),
    withAreas.length === 0 ? [] : findAreas(db, withAreas),
    beginSearches(db, requests),
  ])
  const usedPasses = await findUsedPasses(db, requests, sales)
  const kept = await reserveForWaitingList(db, requests, { sales, searches, areas, ownHold })
  const stepped = Array.from(sales).flatMap(([eventId, { priceSteps }]) => (priceSteps ? [eventId] : []))
  const steppedTiers = await shares.of(db, stepped)
  const admitted: Admitted[] = []
  for (const [index, request] of requests.entries()) {
    const { buyer, selection, isSwap, command } = request
    const earlier = replies.get(command)
    if (earlier !== undefined) {
      if ('refusal' in earlier) outcomes.set(request, refused(earlier.refusal))
      else outcomes.set(request, { what: 'repeated', hold: JSON.parse(earlier.stored) as Hold })
      continue
    }
    // Waiting for a connection may have used up the caller's time.
    if (remainingMs(command.context) <= 0) {
      outcomes.set(request, refused(timedOut()))
      continue
    }
    const tickets = inUse[index]
    const sale = saleFor(request, sales.get(buyer.eventId))
    if (tickets === undefined) throw new Error('a buyer was not answered')
    if (buyers[index] !== true) {
      outcomes.set(request, { what: 'alone', why: 'buyer_busy' })
      continue
    }
    try {
      if (isSwap) refuseUnlessOwnAndActive(ownHold, buyer.userId)
      if (sale === undefined) throw new NothingStocked()
      refuseUnlessOpen(sale, sale.now)
      const passId = sale.needsPass
        ? usablePass(request.pass, buyer.eventId, isSwap ? undefined : usedPasses.get(request))
        : null
      judgeTickets(request, tickets, sale)
      const mustEnd = !isSwap && tickets.liveHold !== null
      if (mustEnd && !alone) {
        outcomes.set(request, { what: 'alone', why: 'hold_due' })
        continue
      }
      // The hold expired between its lock and this read: rare; a retry finds it.
      if (mustEnd && tickets.liveHold?.ownId !== dueHold?.ownId) throw changing()
      const searched = kept.get(request) ?? searches.get(request) ?? null
      if (searched instanceof Error) throw searched
      admitted.push({
        request,
        sale,
        steppedTiers: steppedTiers.get(buyer.eventId),
        areas: wantedAreas(
          areas.filter(({ eventId }) => eventId === buyer.eventId),
          selection.areas ?? [],
        ),
        searched,
        ownHold: isSwap ? (ownHold ?? null) : null,
        dueHold: mustEnd ? (dueHold ?? null) : null,
        passId,
      })
    } catch (error) {
      if (!(error instanceof TicketingError || error instanceof NothingStocked)) throw error
      outcomes.set(request, refused(error))
    }
  }
  return { admitted, outcomes }
}

/** What the buyer can still have of the event, judged under the buyer's lock. */
function judgeTickets({ buyer: { eventId }, selection, isSwap }: PlaceRequest, inUse: TicketsInUse, sale: Sale): void {
  const wish = { qty: wantedPlaces(selection), limit: sale.maxTicketsPerUser }
  if (isSwap) refuseTooManyTickets(inUse, wish)
  else refuseBeyondLimit(inUse, { eventId, ...wish })
}

/** Time to pay for an offer that is accepted at its last moment. */
const payOfferMs = 120_000

/** The sale by which a request is judged; an offer has its own time. */
function saleFor({ offerMs }: PlaceRequest, sale: Sale | undefined): Sale | undefined {
  if (offerMs === undefined || sale === undefined) return sale
  const holdCapMs = Math.max(offerMs + payOfferMs, sale.holdCapMs)
  const fromNow = (ms: number): Date => new Date(sale.now.getTime() + ms)
  return { ...sale, holdMs: offerMs, holdUntil: fromNow(offerMs), holdCapMs, holdHardCap: fromNow(holdCapMs) }
}

/** The uses of passes that can be used now. Read under the buyers' locks, so that no pass is used twice at once. */
async function findUsedPasses(
  db: Database,
  requests: readonly PlaceRequest[],
  sales: ReadonlyMap<string, Sale>,
): Promise<ReadonlyMap<PlaceRequest, UseOfPass>> {
  const shown = requests.flatMap((request) =>
    sales.get(request.buyer.eventId)?.needsPass && 'id' in request.pass ? [{ request, passId: request.pass.id }] : [],
  )
  if (shown.length === 0) return new Map()
  const used = await findUseOfPasses(
    db,
    shown.map(({ request, passId }) => ({ eventId: request.buyer.eventId, passId })),
  )
  return new Map(shown.flatMap(({ request }, index) => (used[index] ? [[request, used[index]] as const] : [])))
}

async function lockBuyers(db: Database, requests: readonly PlaceRequest[], alone: boolean): Promise<boolean[]> {
  if (!alone)
    return tryLockBuyers(
      db,
      requests.map(({ buyer }) => buyer),
    )
  for (const { buyer } of requests) await lockBuyer(db, buyer)
  return requests.map(() => true)
}

/** For a batch of one: locks the hold that it changes, or the buyer's earlier hold that must be ended. */
async function lockHolds(
  db: Database,
  [request]: readonly PlaceRequest[],
  alone: boolean,
): Promise<[own?: OwnHold | undefined, due?: Key | undefined]> {
  if (!alone || request === undefined) return []
  if (!request.isSwap) return [undefined, await lockDueHold(db, request.buyer)]
  const [hold, frozenPrices] = await Promise.all([lockHold(db, request.hold), findFrozenPrices(db, request.hold)])
  return [hold && { ...hold, frozenPrices }]
}

/** Requests for the same seats share one search. Requests for an unknown tier or section are refused. */
async function beginSearches(
  db: Database,
  requests: readonly PlaceRequest[],
): Promise<ReadonlyMap<PlaceRequest, SearchedRows | TicketingError>> {
  const begun = new Map<string, Promise<SearchedRows | TicketingError>>()
  const found = requests.map(async (request) => {
    const { best_available: wish } = request.selection
    if (wish === undefined) return []
    const ownHold = request.isSwap ? request.hold : undefined
    const { eventId } = request.buyer
    const same = JSON.stringify([eventId, wish.qty, wish.tier, wish.section, wish.accessible ?? false, ownHold])
    const begin = (): Promise<SearchedRows | TicketingError> =>
      readSeatFilter(db, { eventId, wish, ownHold }).then((filter) => newSearch(filter, wish.qty), asRefusal)
    const search = begun.get(same) ?? begin()
    begun.set(same, search)
    return [[request, await search] as const]
  })
  return new Map((await Promise.all(found)).flat())
}

function asRefusal(error: unknown): TicketingError {
  if (error instanceof TicketingError && error.code === 'validation_failed') return error
  throw error
}

/** The wanted areas by number. Throws `validation_failed` for unknown names. */
function wantedAreas(areas: readonly Area[], wanted: readonly { area: string; qty: number }[]): WantedArea[] {
  const errors = wanted.flatMap(({ area }, index) =>
    areas.some(({ name }) => name === area)
      ? []
      : [{ pointer: `/areas/${index}/area`, detail: 'is not an area of this event' }],
  )
  if (errors.length > 0) throw invalidRequest(errors)
  return areas.flatMap((area) => {
    const wish = wanted.find((each) => each.area === area.name)
    return wish === undefined ? [] : [{ ...area, qty: wish.qty }]
  })
}

function changing(): TicketingError {
  return new TicketingError('overloaded', 'Another request is changing the same data; try again shortly.')
}
