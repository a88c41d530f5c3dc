import type Logger from 'bunyan'
import type { Postgres } from '#shared/database/postgres.ts'
import { drawNumbers, drawPageSize, packRanks, seedOf } from '#shared/draw.ts'
import { startPeriodicJob } from '#shared/periodic-job.ts'
import type { Close } from '#shared/process/lifecycle.ts'
import { type Draw, findDueDraws, lockDraw, readLeaves, writeRanks, writeSeed } from './store/draws.ts'

const everyMs = 500
const drawsAtOnce = 10
/** Pages of 32 KB in one statement. */
const pagesAtOnce = 64

interface Parts {
  readonly postgres: Postgres
  readonly log: Logger
}

/**
 * Holds the draws whose time has come. Every instance does this, and all compute the same result; the first one stores it. So no instance
 * needs to be chosen.
 */
export function startRunningDraws({ postgres, log }: Parts): Close {
  const job = startPeriodicJob({ name: 'hold draws', everyMs, log }, async () => {
    for (const draw of await findDueDraws(postgres, drawsAtOnce)) {
      // A failed draw does not delay the others.
      await holdDraw(postgres, draw).catch((error: unknown) => {
        log.error({ err: error, event_id: draw.eventId }, 'a draw failed')
      })
    }
    return false
  })
  return () => job.stop()
}

async function holdDraw(postgres: Postgres, { eventId, secret, root, count, beaconValue }: Draw): Promise<void> {
  if (root === null || count === null) throw new Error('a draw without a root')
  const pages = Math.ceil(count / drawPageSize)
  const leaves: Buffer[] = []
  while (leaves.length < pages) leaves.push(...(await readLeaves(postgres, eventId, leaves.length, pagesAtOnce)))
  const seed = seedOf({ secret, root, beacon: beaconValue ?? '' })
  const numbers = await drawNumbers(seed, Buffer.concat(leaves))
  const ranks = Array.from({ length: pages }, (_, page) =>
    packRanks(numbers.subarray(page * drawPageSize, (page + 1) * drawPageSize)),
  )
  await postgres.transaction(async (db) => {
    const draw = await lockDraw(db, eventId)
    if (draw?.seed !== null) return
    for (let first = 0; first < pages; first += pagesAtOnce) {
      await writeRanks(db, eventId, first, ranks.slice(first, first + pagesAtOnce))
    }
    await writeSeed(db, eventId, seed)
  })
}
