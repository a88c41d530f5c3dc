import { randomUUID } from 'node:crypto'
import { erasureBlocked } from '#shared/contracts/privacy.ts'
import { cancelBooking, purchaseHold } from '#shared/contracts/purchase.ts'
import { commandScope } from '#shared/database/idempotency.ts'
import { TicketingError } from '#shared/errors.ts'
import { user } from '#shared/messaging/caller.ts'
import { eraseBuyer } from './booking-calls.ts'
import type { SagaParts, StepContext } from './saga.ts'
import {
  claimDueErasures,
  type Erasure,
  endErasure,
  findOpenMoney,
  forgetRepliesOf,
  insertErasure,
  replacePayer,
} from './store/erasures.ts'

/*
 * Erasing a user: record the id that replaces the user's → erase-buyer in the booking worker → replace the id here, and forget the record. The
 * booking worker judges and erases in one transaction, once for each record, so any driver that finds the record can continue.
 */

/** Begins to erase a user, or finds the erasure that has begun. Throws `erasure_blocked` while money of the user is moving. */
export function beginErasure({ postgres, leaseMs }: SagaParts, userId: string): Promise<Erasure> {
  return postgres.transaction(async (db) => {
    const erasure = await insertErasure(db, { id: `erased-${randomUUID()}`, userId, leaseMs })
    const reason = await findOpenMoney(db, erasure)
    if (reason !== undefined) throw erasureBlocked({ reason, until: null })
    return erasure
  })
}

/** Finishes an erasure, from any point. Throws `erasure_blocked` if nothing is erased; then the erasure is over. */
export async function finishErasure(
  { bus, postgres }: SagaParts,
  erasure: Erasure,
  context: StepContext,
): Promise<void> {
  try {
    await eraseBuyer(bus, erasure, context)
  } catch (error) {
    if (error instanceof TicketingError && error.code === 'erasure_blocked') await endErasure(postgres, erasure)
    throw error
  }
  const caller = user(erasure.userId)
  const scopes = [purchaseHold, cancelBooking].map(({ operation }) => commandScope(operation, { caller }))
  await postgres.transaction(async (db) => {
    await forgetRepliesOf(db, erasure, scopes)
    await replacePayer(db, erasure)
    await endErasure(db, erasure)
  })
}

/** Finishes at most `limit` erasures whose driver is gone. Returns how many it tried. */
export async function finishDueErasures(
  saga: SagaParts,
  { limit, forMs }: { readonly limit: number; readonly forMs: number },
): Promise<number> {
  const due = await claimDueErasures(saga.postgres, { limit, leaseMs: saga.leaseMs })
  for (const erasure of due) {
    const context = { requestId: `erase-${erasure.id}`, deadlineAt: performance.now() + forMs }
    await finishErasure(saga, erasure, context).catch((error: unknown) =>
      saga.log.warn({ err: error, erased_id: erasure.id }, 'an erasure was not finished'),
    )
  }
  return due.length
}
