import type { ParsedRequestOf } from '#shared/contracts/contract.ts'
import { changeHold as contract, type Hold } from '#shared/contracts/holds.ts'
import { once } from '#shared/database/idempotency.ts'
import type { Database, Postgres } from '#shared/database/postgres.ts'
import { TicketingError } from '#shared/errors.ts'
import { addFact } from '#shared/facts/outbox.ts'
import { type Key, keyOf } from '#shared/ids.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { recordedTraceparent } from '#shared/observability/tracing.ts'
import type { VerifyPass } from '#shared/queue-pass.ts'
import { holdFact, noPlaces } from '../facts.ts'
import { refuseUnlessOwnAndActive } from '../own-hold.ts'
import { passOf } from '../passes.ts'
import { holdExpired } from '../refusals.ts'
import { refuseUnlessExtensible } from '../sale.ts'
import type { Buyer } from '../store/buyers.ts'
import { extendHold } from '../store/hold-times.ts'
import { lockHold, readHold } from '../store/holds.ts'
import { findSale } from '../store/sales.ts'
import type { Batches } from '../taking/batches.ts'

type Request = ParsedRequestOf<typeof contract>

/**
 * Extends a hold or exchanges its places. In an exchange its own places count as free, its end stays, and places that it keeps keep their
 * price. A refusal leaves the hold unchanged.
 */
export function changeHold({
  postgres,
  batches,
  verifyPass,
}: {
  postgres: Postgres
  batches: Batches
  verifyPass: VerifyPass | undefined
}): Operation {
  return operation(contract, async (request, context) => {
    const hold = keyOf(request.hold_id)
    const buyer = { eventId: hold.eventId, userId: requireUser(context.caller) }
    const command = { schema: 'booking', operation: contract.operation, request, context } as const
    if (isExtension(request)) {
      return postgres.transaction((db) => once(db, command, () => extend(db, hold, buyer)))
    }
    const { hold_id: _, ...selection } = request
    const pass = await passOf(context, hold.eventId, verifyPass)
    const wish = { buyer, hold, isSwap: true, selection, pass, command, traceparent: recordedTraceparent() }
    const taken = await batches.take(wish)
    if (taken.isRepetition) context.markReplayed()
    return taken.hold
  })
}

function isExtension(request: Request): request is Extract<Request, { extend: true }> {
  return 'extend' in request
}

/** A paused sale does not prevent this, because the buyer was promised time to decide. The end of the sale does. */
async function extend(db: Database, key: Key, { userId }: Buyer): Promise<Hold> {
  const hold = await lockHold(db, key)
  refuseUnlessOwnAndActive(hold, userId)
  const sale = await findSale(db, key.eventId)
  if (sale === undefined) throw new Error(`hold ${key.ownId} has no sale`)
  refuseUnlessExtensible(sale, sale.now)
  if (hold?.atHardCap) {
    throw new TicketingError(
      'hold_cap_reached',
      'These places cannot be held any longer; pay for them or release them.',
    )
  }
  // Expiry is judged by when a transaction began: one that began a moment later may have just taken a place.
  if (!(await extendHold(db, key))) throw holdExpired()
  const extended = await readHold(db, key)
  if (extended === undefined) throw new Error(`hold ${key.ownId} vanished`)
  const lasting = { userId, expiresInMs: extended.expires_in_ms }
  await addFact(db, 'booking', holdFact(key, { what: 'changed', status: 'active', ...lasting, ...noPlaces }))
  return extended
}
