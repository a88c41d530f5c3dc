import { listWaitingEntries as contract } from '#shared/contracts/waiting-list.ts'
import type { Database } from '#shared/database/postgres.ts'
import { requireUser } from '#shared/messaging/caller.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { ownIdIn } from '../page-cursor.ts'
import { readEntries } from './read-entries.ts'

/** The cursor is the id of the last entry of a page: ids sort by time. */
export function listWaitingEntries({ postgres }: { postgres: Database }): Operation {
  return operation(contract, async ({ limit, cursor }, context) => {
    const userId = requireUser(context.caller)
    const beforeId = cursor === undefined ? null : ownIdIn(cursor)
    const found = await readEntries(postgres, { userId, beforeId, limit: limit + 1 })
    const items = found.slice(0, limit)
    return { items, next_cursor: found.length > limit ? (items.at(-1)?.id ?? null) : null }
  })
}
