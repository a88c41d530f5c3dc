import type { ParsedRequestOf } from '#shared/contracts/contract.ts'
import { changeHold as contract, type Hold } from '#shared/contracts/holds.ts'
import { type Selection, wantedPlaces } from '#shared/contracts/places.ts'
import { once } from '#shared/database/idempotency.ts'
import type { Database, Postgres, TransactionOptions } from '#shared/database/postgres.ts'
import { TicketingError } from '#shared/errors.ts'
import { addFact } from '#shared/facts/outbox.ts'
import { type Key, keyOf } from '#shared/ids.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { areaNosOf, type ChangedPlaces, holdFact, noPlaces, seatFacts } from '../facts.ts'
import { takeOrExplain } from '../lost-seats/place-conflicts.ts'
import { lockOwnHold } from '../own-hold.ts'
import { holdEnded, holdExpired } from '../refusals.ts'
import { refuseUnlessExtensible, refuseUnlessOpen } from '../sale.ts'
import type { SoldShares } from '../sold-shares.ts'
import { type Buyer, findTicketsInUse, lockBuyer } from '../store/buyers.ts'
import { extendHold } from '../store/hold-times.ts'
import { exchangePlaces, type LockedHold, readHold } from '../store/holds.ts'
import { walkInOrder } from '../store/rows.ts'
import { findSale, type Sale } from '../store/sales.ts'
import { takePlaces } from '../take-places.ts'
import { refuseTooManyTickets } from '../ticket-limit.ts'

interface Exchange {
  readonly hold: Key
  readonly buyer: Buyer
  readonly selection: Selection
  readonly shares: SoldShares
  readonly waitForLocks: boolean
}

/** A refusal leaves the hold as it was. */
export function changeHold({ postgres, shares }: { postgres: Postgres; shares: SoldShares }): Operation {
  return operation(contract, async (request, context) => {
    const hold = keyOf(request.hold_id)
    const { eventId } = hold
    const buyer = { eventId, userId: requireUser(context.caller) }
    const command = { schema: 'booking', operation: contract.operation, request, context } as const
    const inTransaction = (change: (db: Database) => Promise<Hold>, options?: TransactionOptions): Promise<Hold> =>
      postgres.transaction((db) => once(db, command, () => change(db)), options)
    if (isExtension(request)) return inTransaction((db) => extend(db, { hold, buyer }))
    const { hold_id: _, ...selection } = request
    return takeOrExplain(postgres, { eventId, selection }, (waitForLocks) =>
      inTransaction(
        (db) => exchange(db, { hold, buyer, selection, shares, waitForLocks }),
        selection.best_available && { settings: walkInOrder },
      ),
    )
  })
}

type Request = ParsedRequestOf<typeof contract>

function isExtension(request: Request): request is Extract<Request, { extend: true }> {
  return 'extend' in request
}

/** A paused sale does not stop it: the buyer was promised the time to decide. The end of the sale does. */
async function extend(db: Database, { hold: key, buyer }: Pick<Exchange, 'hold' | 'buyer'>): Promise<Hold> {
  const hold = await lockActiveHold(db, key, buyer)
  const sale = await saleOf(db, key)
  refuseUnlessExtensible(sale, sale.now)
  if (hold.atHardCap) {
    throw new TicketingError('hold_cap_reached', 'These places cannot be kept any longer; pay for them or let them go.')
  }
  // Expiry is judged by when a transaction began: one that began a moment later may just have taken a place over.
  if (!(await extendHold(db, key))) throw holdExpired()
  return tellAndRead(db, key, noPlaces)
}

/** The hold's own places count as free; its end stays where it is. */
async function exchange(db: Database, { hold: key, buyer, selection, shares, waitForLocks }: Exchange): Promise<Hold> {
  await lockBuyer(db, buyer)
  const hold = await lockActiveHold(db, key, buyer)
  const sale = await saleOf(db, key)
  refuseUnlessOpen(sale, sale.now)
  refuseTooManyTickets(await findTicketsInUse(db, buyer), {
    qty: wantedPlaces(selection),
    limit: sale.maxTicketsPerUser,
  })
  const { eventId } = key
  const places = await takePlaces(db, { eventId, selection, waitForLocks, sale, shares, ownHold: key })
  const { freed, held } = await exchangePlaces(db, key, places)
  if (held.length < places.seats.length) throw new Error(`hold ${key.ownId} lost seats that it had locked`)
  return tellAndRead(db, key, {
    seats: [...seatFacts(freed, 'available'), ...seatFacts(held, 'held')],
    areas: areaNosOf([...hold.areaNos.map((areaNo) => ({ areaNo })), ...places.standing]),
  })
}

async function lockActiveHold(db: Database, key: Key, { userId }: Buyer): Promise<LockedHold> {
  const hold = await lockOwnHold(db, key, userId)
  switch (hold.status) {
    case 'active':
      return hold
    case 'expired':
      throw holdExpired()
    case 'paying':
      throw new TicketingError('hold_paying', 'These places are being paid for; they cannot be changed now.')
    case 'released':
      throw holdEnded('You gave these places back.')
    case 'converted':
      throw holdEnded('You have bought these places.')
  }
}

async function saleOf(db: Database, { eventId, ownId }: Key): Promise<Sale> {
  const sale = await findSale(db, eventId)
  if (sale === undefined) throw new Error(`hold ${ownId} has no sale`)
  return sale
}

async function tellAndRead(db: Database, key: Key, changed: ChangedPlaces): Promise<Hold> {
  const hold = await readHold(db, key)
  if (hold === undefined) throw new Error(`hold ${key.ownId} vanished`)
  const lasting = { userId: hold.user_id, expiresInMs: hold.expires_in_ms }
  await addFact(db, 'booking', holdFact(key, { what: 'changed', status: 'active', ...lasting, ...changed }))
  return hold
}
