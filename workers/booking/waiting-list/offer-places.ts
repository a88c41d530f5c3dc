import type Logger from 'bunyan'
import type { Database, Postgres } from '#shared/database/postgres.ts'
import { errorCodeOf } from '#shared/errors.ts'
import type { Fact } from '#shared/facts/fact.ts'
import { addFacts } from '#shared/facts/outbox.ts'
import { newId } from '#shared/ids.ts'
import { user } from '#shared/messaging/caller.ts'
import { isOpen } from '../sale.ts'
import type { SoldShares } from '../sold-shares.ts'
import { releaseExpiredPlaces } from '../store/areas.ts'
import { tryLockBuyers } from '../store/buyers.ts'
import { byIndexOnly } from '../store/rows.ts'
import { findSale } from '../store/sales.ts'
import type { Outcome, PlaceRequest } from '../taking/request.ts'
import { takeBatch } from '../taking/take-batch.ts'
import { type ChangedEntry, entryFact, publishEnds } from './facts.ts'
import { findFreePlaces } from './free-places.ts'
import type { WaitingListMetrics } from './metrics.ts'
import { nextOffers, type Offer } from './next-offers.ts'
import {
  countAllWaiting,
  countOvertaken,
  endEntriesOfSale,
  endEntry,
  findListsToServe,
  findWaiting,
  markOffered,
  noteWaitedFor,
  settleOffers,
  tryLockList,
  type WaitingBuyer,
} from './store.ts'
import type { Wanted } from './wishes.ts'

/** Offers in one transaction, as many as holds in a batch. */
const maxOffers = 64
/** Entries that one transaction ends, and offers whose outcome it records. */
const maxEnded = 500
/** How often a plan is made again because one of its buyers holds a lock. After that, the next round tries. */
const maxPlans = 3

interface Parts {
  readonly postgres: Pick<Postgres, 'transaction' | 'query'>
  readonly shares: SoldShares
  readonly log: Logger
  readonly metrics: WaitingListMetrics
  /** How long an offer is valid. */
  readonly offerMs: number
}

/**
 * Records how offers ended, and offers the free places of every event to its waiting list. Every instance does this and skips a list that
 * another one is working on. Returns whether there may be more to do.
 */
export async function offerPlaces(parts: Parts): Promise<boolean> {
  const { postgres, metrics } = parts
  const settled = await postgres.transaction(async (db) => {
    const entries = await settleOffers(db, maxEnded)
    await publishEnds(db, entries)
    return entries
  })
  metrics.offersExpired(settled.filter(({ status }) => status === 'expired').length)
  let isMore = settled.length === maxEnded
  for (const { eventId, isOver } of await findListsToServe(postgres)) {
    const done = isOver ? await endList(parts, eventId) : await offerPlacesOf(parts, eventId)
    isMore ||= done === (isOver ? maxEnded : maxOffers)
  }
  metrics.waiting(await countAllWaiting(postgres))
  return isMore
}

/** Ends entries of an event that can get no more offers. Returns how many. */
function endList({ postgres }: Parts, eventId: string): Promise<number> {
  return postgres.transaction(async (db) => {
    if (!(await tryLockList(db, eventId))) return 0
    const ended = await endEntriesOfSale(db, eventId, maxEnded)
    await noteWaitedFor(db, eventId)
    await publishEnds(db, ended)
    return ended.length
  })
}

/** Offers free places of an event. Returns how many buyers got an offer. */
export async function offerPlacesOf(parts: Parts, eventId: string): Promise<number> {
  // The statements that take places need these settings.
  const offers = await parts.postgres.transaction((db) => offerInTurn(db, parts, eventId), { settings: byIndexOnly })
  parts.metrics.offered(offers)
  return offers
}

/**
 * One transaction under the list's lock, from reading the list to committing the holds: two of them never serve the same entry or see the
 * same places. It waits for no other lock.
 */
async function offerInTurn(db: Database, parts: Parts, eventId: string): Promise<number> {
  if (!(await tryLockList(db, eventId))) return 0
  const sale = await findSale(db, eventId)
  if (sale === undefined || !isOpen(sale, sale.now)) return 0
  await releaseExpiredPlaces(db, eventId)
  const planned = await planOffers(db, eventId, sale.waitedFor)
  if (planned.length === 0) return 0
  const requests = new Map(planned.map((offer) => [requestFor(offer, eventId, parts), offer]))
  const { offered, beyondLimit } = await takePlaces(db, parts, requests)
  const facts: Fact[] = beyondLimit.map((entry) => entryFact(entry))
  const marked = await markOffered(
    db,
    eventId,
    offered.map(([{ hold }, { entry }]) => ({ entryId: entry.id, holdId: hold.ownId })),
  )
  if (marked.length !== offered.length) throw new Error('an entry changed while its list was locked')
  facts.push(...marked.map((entry) => entryFact(entry, { offerExpiresInMs: parts.offerMs })))
  const passed = offered.flatMap(([, { overtakes }]) => overtakes.map(({ id }) => id))
  const overtaken = await countOvertaken(db, eventId, passed)
  facts.push(...overtaken.map((entry) => entryFact(entry, { what: 'overtaken' })))
  await noteWaitedFor(db, eventId)
  await addFacts(db, 'booking', facts)
  return offered.length
}

/** Plans offers for buyers and takes their locks. */
async function planOffers(db: Database, eventId: string, wanted: readonly Wanted[]): Promise<Offer<WaitingBuyer>[]> {
  const free = await findFreePlaces(db, eventId, { wanted })
  if (free.seats.length + free.areas.length === 0) return []
  let entries = await findWaiting(db, eventId, maxOffers)
  for (let plans = 1; ; plans += 1) {
    const offers = nextOffers(entries, free, maxOffers)
    const locked = await tryLockBuyers(
      db,
      offers.map(({ entry: { userId } }) => ({ eventId, userId })),
    )
    const busy = offers.filter((_, index) => locked[index] !== true).map(({ entry }) => entry)
    if (busy.length === 0) return offers
    if (plans === maxPlans) return []
    entries = entries.filter((entry) => !busy.includes(entry))
  }
}

function requestFor({ entry, places }: Offer<WaitingBuyer>, eventId: string, { log, offerMs }: Parts): PlaceRequest {
  const { userId, qty } = entry
  const selection = 'area' in places ? { areas: [{ area: places.area, qty }] } : { seat_nos: [...places.seatNos] }
  const context = {
    requestId: `offer-${entry.id}`,
    caller: user(userId),
    deadlineAt: performance.now() + 5_000,
    log,
    markReplayed: () => undefined,
    tellSeq: () => undefined,
  }
  return {
    buyer: { eventId, userId },
    hold: { eventId, ownId: newId() },
    isSwap: false,
    selection,
    // For a sale that needs passes: the entry serves as one.
    pass: { id: entry.id },
    command: { schema: 'booking', operation: 'offer-places', request: selection, context },
    traceparent: undefined,
    offerMs,
  }
}

/** The results of the offers, in order: places that are now held, and entries that ended because their buyers have too many tickets. */
async function takePlaces(
  db: Database,
  { shares, log }: Parts,
  requests: ReadonlyMap<PlaceRequest, Offer<WaitingBuyer>>,
): Promise<{ offered: [PlaceRequest, Offer<WaitingBuyer>][]; beyondLimit: ChangedEntry[] }> {
  const outcomes = new Map<PlaceRequest, Outcome>()
  // In this transaction: an offer and its hold are committed together or not at all.
  const postgres = { transaction: <Result>(work: (db: Database) => Promise<Result>) => work(db) }
  await takeBatch({ postgres, shares }, [...requests.keys()], { alone: false, forRows: false }, (request, outcome) => {
    outcomes.set(request, outcome)
  })
  const offered: [PlaceRequest, Offer<WaitingBuyer>][] = []
  const beyondLimit: ChangedEntry[] = []
  for (const [request, offer] of requests) {
    const outcome = outcomes.get(request)
    if (outcome?.what === 'held') offered.push([request, offer])
    else if (outcome?.what === 'refused' && errorCodeOf(outcome.error) === 'ticket_limit') {
      const entry = { eventId: request.buyer.eventId, ownId: offer.entry.id }
      beyondLimit.push(...(await endEntry(db, entry, { status: 'ended', because: 'ticket_limit' })))
    } else if (outcome?.what === 'refused') {
      log.warn({ err: outcome.error, entry_id: offer.entry.id }, 'an offer failed')
    }
  }
  return { offered, beyondLimit }
}
