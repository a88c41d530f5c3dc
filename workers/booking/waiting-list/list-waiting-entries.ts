import { listWaitingEntries as contract } from '#shared/contracts/waiting-list.ts'
import type { Database } from '#shared/database/postgres.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { ownIdIn, pageOf } from '../pages.ts'
import { readEntries } from './read-entries.ts'

/** The cursor is the id of the last entry of a page: ids sort by time. */
export function listWaitingEntries({ postgres }: { postgres: Database }): Operation {
  return operation(contract, async ({ limit, cursor }, context) => {
    const userId = requireUser(context.caller)
    const found = await readEntries(postgres, { userId, beforeId: ownIdIn(cursor), limit: limit + 1 })
    return pageOf(found, limit, ({ id }) => id)
  })
}
