import { eraseBuyer as contract, erasureBlocked } from '#shared/contracts/privacy.ts'
import { forgetReplies, once } from '#shared/database/idempotency.ts'
import type { Database, Postgres } from '#shared/database/postgres.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import {
  type Erasure,
  findErasureBlock,
  forgetRecipient,
  replaceBuyer,
  replaceHolder,
  replaceWaiting,
} from '../store/erasures.ts'
import { leaveAllLists } from '../waiting-list/leave-all-lists.ts'

interface Parts {
  readonly postgres: Postgres
  /** Names of the worker's other operations, whose replies are stored by caller. */
  readonly operations: readonly string[]
}

/**
 * Replaces a user by `erased_id` in everything that has ended. Refused while something has not, and then nothing is changed. A repetition
 * with the same `erased_id` gets the first reply.
 */
export function eraseBuyer({ postgres, operations }: Parts): Operation {
  return operation(contract, async ({ user_id: userId, erased_id: erasedId }, context) => {
    // The stored command must not name the user.
    const command = { schema: 'booking', operation: contract.operation, request: { erasedId }, context } as const
    return postgres.transaction((db) => once(db, command, () => erase(db, { userId, erasedId }, operations)))
  })
}

async function erase(db: Database, erasure: Erasure, operations: readonly string[]): Promise<Record<string, never>> {
  await leaveAllLists(db, erasure.userId)
  await replaceBuyer(db, erasure)
  await replaceHolder(db, erasure)
  await replaceWaiting(db, erasure)
  await forgetReplies(db, { schema: 'booking', operations, userId: erasure.userId })
  await forgetRecipient(db, erasure)
  // Judged last: what was replaced is locked by now, and what was committed in the meantime keeps its buyer.
  const block = await findErasureBlock(db, erasure.erasedId)
  if (block !== undefined) throw erasureBlocked(block)
  return {}
}
