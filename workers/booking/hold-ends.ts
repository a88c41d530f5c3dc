import type { Database } from '#shared/database/postgres.ts'
import { addFacts } from '#shared/facts/outbox.ts'
import type { Key } from '#shared/ids.ts'
import { holdFact, seatFacts } from './facts.ts'
import { type EndedHold, endHolds } from './store/holds.ts'

/** Ends locked holds, releases their places, writes the facts, and returns what became free. */
export async function endAndPublish(
  db: Database,
  holds: readonly Key[],
  status: 'released' | 'expired',
): Promise<EndedHold[]> {
  const ended = await endHolds(db, holds, status)
  const facts = ended.map(({ seats, areaNos, userId, ...hold }) => {
    const places = { seats: seatFacts(seats, 'available'), areas: areaNos }
    return holdFact(hold, { what: status, status, userId, expiresInMs: 0, ...places })
  })
  await addFacts(db, 'booking', facts)
  return ended
}
