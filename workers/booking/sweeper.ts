import type Logger from 'bunyan'
import type { Database, Postgres } from '#shared/database/postgres.ts'
import { addFacts } from '#shared/facts/outbox.ts'
import { startPeriodicJob } from '#shared/periodic-job.ts'
import type { Close } from '#shared/process/lifecycle.ts'
import { bookingFact, freedSeatsFact, noPlaces } from './facts.ts'
import { endAndTell } from './hold-ends.ts'
import { expireUnpaidBookings } from './store/bookings.ts'
import { lockDueHolds } from './store/holds.ts'
import { freeSeatsLeftHeld, lookInIndex } from './store/seats-left-held.ts'

/*
 * Writes down, and tells the world, what is true already: a hold whose time is over blocks nothing, swept or not. Every
 * instance sweeps, each passing over what another one has locked.
 */

/** Those who watch the seats see a hold run out that much later, and until then a seat that others can hold. */
const everyMs = 1_000
/** Keeps transactions short: a buyer who wants one of these seats waits for the batch. */
const batchSize = 100

/**
 * Sweeps every second, and then has `offer` do something with places that are free. The answer stops it once the batches under way are
 * done.
 */
export function startSweeper(
  { postgres, log }: { postgres: Postgres; log: Logger },
  offer: () => Promise<boolean> = async () => false,
): Close {
  const job = startPeriodicJob({ name: 'sweep', everyMs, log }, async () => {
    const isMoreToSweep = await sweep(postgres)
    const isMoreToOffer = await offer()
    return isMoreToSweep || isMoreToOffer
  })
  return () => job.stop()
}

/**
 * Ends some of the holds that are due, frees seats that were passed over when theirs ended, and ends bookings with their holds; answers
 * whether there may be more.
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
  await endAndTell(db, due, 'expired')
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
