import { setTimeout as pause } from 'node:timers/promises'
import type { Database } from '#shared/database/postgres.ts'
import { invalidRequest } from '#shared/errors.ts'
import { type MessageContext, remainingMs } from '#shared/messaging/headers.ts'
import { timedOut } from '#shared/messaging/message.ts'
import { visibilityOf } from './store/seat-views.ts'

const lookAgainMs = 20
/** Part of the reader's time that is reserved for the answer. */
const answerReserveMs = 100

/**
 * Waits until everybody can read a write. A write that was answered is already readable; only an unpublished position of somebody else's
 * write may still be in progress. Throws `validation_failed` for a position that no write has, and `worker_timeout`.
 */
export async function awaitWrite(db: Database, seq: string, context: MessageContext): Promise<void> {
  for (;;) {
    const visibility = await visibilityOf(db, seq)
    if (visibility === 'visible') return
    if (visibility === 'unknown') throw invalidRequest([{ pointer: '/min_seq', detail: 'is not the seq of a write' }])
    if (remainingMs(context) <= answerReserveMs) throw timedOut()
    await pause(lookAgainMs)
  }
}
