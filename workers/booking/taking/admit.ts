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
import { keepForWaiting } from '../waiting-list/keep-places.ts'
import { type Outcome, type Patience, type PlaceRequest, refused } from './request.ts'
import { newSearch, type SearchedRows } from './seen-places.ts'

/** Nothing of the event was ever stocked; or there is no such event. */
export class NothingStocked extends Error {}

export interface WantedArea extends Area {
  readonly qty: number
}

/** The hold whose places are exchanged, locked. */
export interface OwnHold extends LockedHold {
  /** Of its seats, by number: those that stay keep their price. */
  readonly frozenPrices: ReadonlyMap<number, number>
}

/** A request that may go on to take places. */
export interface Admitted {
  readonly request: PlaceRequest
  readonly sale: Sale
  /** Tiers whose price has steps; `undefined`: none has. */
  readonly steppedTiers: SteppedTiers | undefined
  /** By number. */
  readonly areas: readonly WantedArea[]
  /** The look for the best seats, if these are wanted. */
  readonly searched: SearchedRows | null
  readonly ownHold: OwnHold | null
  /** The buyer's earlier hold, locked, which has run out and is to be ended. */
  readonly dueHold: Key | null
  /** Of the pass that a new hold uses; null where none is needed. */
  readonly passId: string | null
}

/**
 * The first look of a batch, at everything but places: who of the requests may go on. Takes their keys and the locks of their
 * buyers. Each of them either goes on or has its outcome.
 */
export async function admit(
  db: Database,
  requests: readonly PlaceRequest[],
  { shares, alone }: Pick<Patience, 'alone'> & { shares: SoldShares },
): Promise<{ admitted: Admitted[]; outcomes: Map<PlaceRequest, Outcome> }> {
  const outcomes = new Map<PlaceRequest, Outcome>()
  const eventIds = [...new Set(requests.map(({ buyer }) => buyer.eventId))]
  const withAreas = [...new Set(requests.flatMap(({ buyer, selection }) => (selection.areas ? [buyer.eventId] : [])))]
  // Sent together: each statement has a snapshot of its own, so those after a lock see what was committed before it.
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
  const kept = await keepForWaiting(db, requests, { sales, searches, areas, ownHold })
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
    // Waiting for a connection may have taken all the time that the caller waits.
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
      // It ran out between its lock and this look: rare, and another try finds it.
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

/** What the buyer may still have of the event, judged under the buyer's lock. */
function judgeTickets({ buyer: { eventId }, selection, isSwap }: PlaceRequest, inUse: TicketsInUse, sale: Sale): void {
  const wish = { qty: wantedPlaces(selection), limit: sale.maxTicketsPerUser }
  if (isSwap) refuseTooManyTickets(inUse, wish)
  else refuseBeyondLimit(inUse, { eventId, ...wish })
}

/** Who pays for an offer at its last moment has this time for it. */
const payOfferMs = 120_000

/** The sale by which a request is judged: an offer has its own time. */
function saleFor({ offerMs }: PlaceRequest, sale: Sale | undefined): Sale | undefined {
  if (offerMs === undefined || sale === undefined) return sale
  const holdCapMs = Math.max(offerMs + payOfferMs, sale.holdCapMs)
  const fromNow = (ms: number): Date => new Date(sale.now.getTime() + ms)
  return { ...sale, holdMs: offerMs, holdUntil: fromNow(offerMs), holdCapMs, holdHardCap: fromNow(holdCapMs) }
}

/** What those passes were used for that may be used now. Under the locks of their buyers, so that nobody uses one twice at once. */
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

/** Of a batch of one: the hold that it changes, or the buyer's earlier one that must be ended. */
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

/** Requests that mean the same seats share one search; those that name a wrong tier or section get the refusal. */
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

/** The wanted areas by number. Throws `validation_failed` for names that the event does not have. */
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
