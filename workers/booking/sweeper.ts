import type Logger from 'bunyan'
import type { Database, Postgres } from '#shared/database/postgres.ts'
import { addFacts } from '#shared/facts/outbox.ts'
import { startPeriodicJob } from '#shared/periodic-job.ts'
import type { Close } from '#shared/process/lifecycle.ts'
import { bookingFact, noPlaces } from './facts.ts'
import { endAndTell } from './hold-ends.ts'
import { expireUnpaidBookings } from './store/bookings.ts'
import { lockDueHolds } from './store/holds.ts'

/*
 * Writes down, and tells the world, what is true already: a hold whose time is over blocks nothing, swept or not. Every
 * instance sweeps, each passing over what another one has locked.
 */

const everyMs = 5_000
/** Keeps transactions short: a buyer who wants one of these seats waits for the batch. */
const batchSize = 100

/** Sweeps every 5 s. The answer stops it once the batches under way are done. */
export function startSweeper({ postgres, log }: { postgres: Postgres; log: Logger }): Close {
  const job = startPeriodicJob({ name: 'sweep', everyMs, log }, () => sweep(postgres))
  return () => job.stop()
}

/** Ends some of the holds that are due, and of the bookings that end with their holds; answers whether there may be more. */
export async function sweep(postgres: Postgres): Promise<boolean> {
  const swept = [await postgres.transaction(expireHolds), await postgres.transaction(expireBookings)]
  return swept.includes(batchSize)
}

async function expireHolds(db: Database): Promise<number> {
  const due = await lockDueHolds(db, batchSize)
  await endAndTell(db, due, 'expired')
  return due.length
}

async function expireBookings(db: Database): Promise<number> {
  const expired = await expireUnpaidBookings(db, batchSize)
  const facts = expired.map((booking) =>
    bookingFact(booking, { what: 'expired', status: 'expired', ...noPlaces, reason: null }),
  )
  await addFacts(db, 'booking', facts)
  return expired.length
}
