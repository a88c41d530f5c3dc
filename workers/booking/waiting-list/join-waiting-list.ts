import type { ParsedRequestOf } from '#shared/contracts/contract.ts'
import { joinWaitingList as contract, type WaitingEntry } from '#shared/contracts/waiting-list.ts'
import { once } from '#shared/database/idempotency.ts'
import type { Database, Postgres } from '#shared/database/postgres.ts'
import { invalidRequest, TicketingError } from '#shared/errors.ts'
import { newId } from '#shared/ids.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import type { VerifyPass } from '#shared/queue-pass.ts'
import { refuseUnknownEvent } from '../known-event.ts'
import { type PassOfRequest, passOf, usablePass } from '../passes.ts'
import { refuseUnlessOpen, saleNotOpen } from '../sale.ts'
import { type Buyer, findTicketsInUse } from '../store/buyers.ts'
import { findUseOfPasses } from '../store/passes.ts'
import { findSale } from '../store/sales.ts'
import { NothingStocked } from '../taking/admit.ts'
import { refuseTooManyTickets } from '../ticket-limit.ts'
import { countPlaces, findFreePlaces } from './free-places.ts'
import type { OneAtATime } from './one-at-a-time.ts'
import { readEntries } from './read-entries.ts'
import { countWaiting, findWaitedFor, insertEntry, lockList, lockOpenEntry, noteWaitedFor } from './store.ts'
import type { Wanted } from './wishes.ts'

type Request = ParsedRequestOf<typeof contract>

/** Entries of one event. Counting the buyers ahead reads all of them. */
const maxWaiting = 20_000

interface Parts {
  readonly postgres: Postgres
  readonly bus: Bus
  readonly turns: OneAtATime
  readonly verifyPass: VerifyPass | undefined
}

/**
 * Joining is possible only when no such place is free, or all are reserved for waiting buyers. From then on places that become free go to
 * the list.
 */
export function joinWaitingList({ postgres, bus, turns, verifyPass }: Parts): Operation {
  return operation(contract, async (request, context) => {
    const { event_id: eventId } = request
    const buyer = { eventId, userId: requireUser(context.caller) }
    const command = { schema: 'booking', operation: contract.operation, request, context } as const
    const pass = await passOf(context, eventId, verifyPass)
    try {
      return await turns.run(eventId, () =>
        postgres.transaction((db) => once(db, command, () => join(db, buyer, { ...request, pass }))),
      )
    } catch (error) {
      if (!(error instanceof NothingStocked)) throw error
      await refuseUnknownEvent(bus, eventId, context)
      throw saleNotOpen(null)
    }
  })
}

async function join(
  db: Database,
  buyer: Buyer,
  { pass, ...request }: Request & { pass: PassOfRequest },
): Promise<WaitingEntry> {
  const { eventId, userId } = buyer
  const { qty } = request
  const wanted = wantedIn(request)
  const [sale, [inUse], places] = await Promise.all([
    findSale(db, eventId),
    findTicketsInUse(db, [buyer]),
    countPlaces(db, eventId, wanted, qty),
  ])
  if (sale === undefined) throw new NothingStocked()
  refuseUnlessOpen(sale, sale.now)
  if (sale.needsPass) await refuseWithoutPass(db, eventId, pass)
  refuseTooManyTickets({ liveTickets: inUse?.liveTickets ?? 0 }, { qty, limit: sale.maxTicketsPerUser })
  refuseImpossible(wanted, { qty, places })
  // At a sell-out everybody joins at once, one after the other: so little happens under the lock, and statements are sent together.
  const [, open, waiting, waitedFor] = await Promise.all([
    lockList(db, eventId),
    lockOpenEntry(db, buyer),
    countWaiting(db, eventId, maxWaiting),
    findWaitedFor(db, eventId),
  ])
  if (open !== undefined) {
    throw new TicketingError('already_waiting', 'You are already on the waiting list of this event.')
  }
  if (waiting >= maxWaiting) {
    throw new TicketingError('queue_full', 'The waiting list of this event is full; try again later.')
  }
  const isWaitedFor = waitedFor.some(({ kind, name }) => kind === wanted.kind && name === wanted.name)
  if (!isWaitedFor) await refuseWhileFree(db, eventId, { wanted, kept: waitedFor })
  const [, , [entry]] = await Promise.all([
    insertEntry(db, { entry: { eventId, ownId: newId() }, userId, qty, wanted }),
    isWaitedFor ? undefined : noteWaitedFor(db, eventId),
    readEntries(db, { ...buyer, limit: 1 }),
  ])
  if (entry === undefined) throw new Error('an entry vanished')
  return entry
}

/** An offer is a hold, so joining needs a pass: otherwise buyers without one would get places before those in the event's queue. */
async function refuseWithoutPass(db: Database, eventId: string, pass: PassOfRequest): Promise<void> {
  const [used] = 'id' in pass ? await findUseOfPasses(db, [{ eventId, passId: pass.id }]) : []
  usablePass(pass, eventId, used)
}

function wantedIn({ tier, section, area, accessible }: Request): Wanted {
  if (accessible === true) return { kind: 'accessible', name: null }
  if (tier !== undefined) return { kind: 'tier', name: tier }
  if (section !== undefined) return { kind: 'section', name: section }
  if (area !== undefined) return { kind: 'area', name: area }
  return { kind: 'any', name: null }
}

/** Throws `validation_failed` for more places than exist of the kind (`places`): places would be reserved for this entry for ever. */
function refuseImpossible({ kind, name }: Wanted, { qty, places }: { qty: number; places: number }): void {
  if (places >= qty) return
  if (places > 0) {
    throw invalidRequest([{ pointer: '/qty', detail: `must be at most ${places}, the number of such places` }])
  }
  if (kind === 'any') throw new NothingStocked()
  const detail = name === null ? 'is not possible: this event has no accessible seats' : 'has no places in this event'
  throw invalidRequest([{ pointer: `/${kind}`, detail }])
}

/** Throws `not_sold_out` while such a place is free for everybody: an entry that wants more would keep it from buyers who want fewer. */
async function refuseWhileFree(
  db: Database,
  eventId: string,
  { wanted, kept }: { wanted: Wanted; kept: readonly Wanted[] },
): Promise<void> {
  const { seats, areas } = await findFreePlaces(db, eventId, { wanted: [wanted], kept })
  const left = areas.reduce((sum, { free }) => sum + free, seats.length)
  if (left === 0) return
  const are = left === 1 ? 'One such place is' : `${left} such places are`
  throw new TicketingError('not_sold_out', `${are} free; hold what you need instead of waiting.`, {
    extra: { left, hold_url: `/events/${eventId}/holds` },
  })
}
