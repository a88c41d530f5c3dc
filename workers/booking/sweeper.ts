import type Logger from 'bunyan'
import type { Database, Postgres } from '#shared/database/postgres.ts'
import { addFacts } from '#shared/facts/outbox.ts'
import { startPeriodicJob } from '#shared/periodic-job.ts'
import type { Close } from '#shared/process/lifecycle.ts'
import { bookingFact, freedSeatsFact, noPlaces } from './facts.ts'
import { endAndPublish } from './hold-ends.ts'
import { expireUnpaidBookings } from './store/bookings.ts'
import { lockDueHolds } from './store/holds.ts'
import { freeSeatsLeftHeld, lookInIndex } from './store/seats-left-held.ts'

/*
 * Records and publishes what is already true: an expired hold blocks nothing, swept or not. Every instance sweeps, and skips rows that
 * another one has locked.
 */

/** Watchers of seats see the end of a hold up to this much later. Until then they see a held seat that others can already hold. */
const everyMs = 1_000
/** Keeps transactions short: a buyer who wants one of these seats waits for the batch. */
const batchSize = 100

/** Sweeps every second, and then calls `offer` to offer free places. Returns a function that stops it, after current batches. */
export function startSweeper(
  { postgres, log }: { postgres: Postgres; log: Logger },
  offer: () => Promise<boolean>,
): Close {
  const job = startPeriodicJob({ name: 'sweep', everyMs, log }, async () => {
    const isMoreToSweep = await sweep(postgres)
    const isMoreToOffer = await offer()
    return isMoreToSweep || isMoreToOffer
  })
  return () => job.stop()
}

/**
 * Ends some of the expired holds, frees seats that were skipped when their hold ended, and ends bookings with their holds. Returns whether
 * there may be more.
 */
export async function sweep(postgres: Postgres): Promise<boolean> {
  const swept = [
    await postgres.transaction(expireHolds),
    await postgres.transaction(freeSeats, { settings: lookInIndex }),
    await postgres.transaction(expireBookings),
  ]
  return swept.includes(batchSize)
}

async function expireHolds(db: Database): Promise<number> {
  const due = await lockDueHolds(db, batchSize)
  await endAndPublish(db, due, 'expired')
  return due.length
}

async function freeSeats(db: Database): Promise<number> {
  const freed = await freeSeatsLeftHeld(db, batchSize)
  const byEvent = Map.groupBy(freed, ({ eventId }) => eventId)
  const facts = [...byEvent].map(([eventId, seats]) => freedSeatsFact(eventId, seats))
  await addFacts(db, 'booking', facts)
  return freed.length
}

async function expireBookings(db: Database): Promise<number> {
  const expired = await expireUnpaidBookings(db, batchSize)
  const facts = expired.map((booking) =>
    bookingFact(booking, { what: 'expired', status: 'expired', ...noPlaces, reason: null }),
  )
  await addFacts(db, 'booking', facts)
  return expired.length
}
