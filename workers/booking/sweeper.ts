import { setTimeout as wait } from 'node:timers/promises'
import type Logger from 'bunyan'
import type { Postgres } from '#shared/postgres.ts'
import { expireUnpaidBookings } from './store/bookings.ts'
import { endHolds, lockDueHolds } from './store/holds.ts'

/*
 * Writes down what is true already: a hold whose time is over blocks nothing, swept or not. Every instance sweeps, each
 * passing over what another one has locked.
 */

const everyMs = 5_000
/** Keeps transactions short: a buyer who wants one of these seats waits for the batch. */
const batchSize = 100

/** Sweeps every 5 s. The answer stops it once the batch under way is done. */
export function startSweeper({ postgres, log }: { postgres: Postgres; log: Logger }): () => Promise<void> {
  const stop = new AbortController()
  const sweeping = keepSweeping(postgres, log, stop.signal)
  return () => {
    stop.abort()
    return sweeping
  }
}

/** Ends all holds that are due, and all bookings that end with their holds. */
export async function sweep(postgres: Postgres, signal: AbortSignal): Promise<void> {
  await inBatches(signal, () =>
    postgres.transaction(async (db) => {
      const due = await lockDueHolds(db, batchSize)
      await endHolds(db, due, 'expired')
      return due.length
    }),
  )
  await inBatches(signal, () => expireUnpaidBookings(postgres, batchSize))
}

async function inBatches(signal: AbortSignal, sweepBatch: () => Promise<number>): Promise<void> {
  while (!signal.aborted && (await sweepBatch()) === batchSize);
}

async function keepSweeping(postgres: Postgres, log: Logger, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sweep(postgres, signal).catch((error) => {
      log.warn({ err: error }, 'sweeping failed; the next one makes up for it')
    })
    // Rejects when told to stop.
    await wait(everyMs, undefined, { signal }).catch(() => undefined)
  }
}
