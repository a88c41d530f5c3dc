import { CommitUnanswered, Postgres } from '#shared/database/postgres.ts'
import { TicketingError } from '#shared/errors.ts'
import { newId } from '#shared/ids.ts'
import { Metrics } from '#shared/observability/metrics.ts'
import { BookingMetrics } from '../../../../workers/booking/metrics.ts'
import { SoldShares } from '../../../../workers/booking/sold-shares.ts'
import { changeSale } from '../../../../workers/booking/store/sales.ts'
import { addRows, addTiers, openStock } from '../../../../workers/booking/store/stock.ts'
import { Batches } from '../../../../workers/booking/taking/batches.ts'
import type { TakingParts } from '../../../../workers/booking/taking/take-batch.ts'
import { placeRequest } from '../../../support/place-request.ts'
import { seatNosOf } from '../../../support/seat-numbers.ts'
import { withoutLocks } from '../../../support/without-fences.ts'
import type { Trial } from './trial.ts'

const rounds = 20
const pairs = 24
const seatsPerRow = 8

/** Two workers whose looks lock nothing see the same free seats: nothing but the fence keeps them from selling these twice. */
export const looksThatLockNothing: Trial = ({ databaseUrl }) =>
  withPostgres(databaseUrl, async (postgres) => {
    const unlocked = withoutLocks(postgres)
    const workers = [batchesOn(unlocked), batchesOn(unlocked)]
    for (let round = 0; round < rounds; round++) {
      const eventId = await openHouse(postgres)
      const taken = await Promise.allSettled(
        Array.from({ length: pairs }, (_, index) => workers[index % 2]?.take(pairOf(eventId, newId()))),
      )
      const seats = taken.flatMap((each) =>
        each.status === 'fulfilled' ? seatNosOf(each.value?.hold.places ?? []) : [],
      )
      if (new Set(seats).size !== seats.length) return ['a seat was held twice']
    }
    return []
  })

/** The answer to COMMIT is lost: the holds are there, and who asked must hear that this is unknown. */
export const commitWithoutAnswer: Trial = ({ databaseUrl }) =>
  withPostgres(databaseUrl, async (postgres) => {
    let commits = 0
    const losing: TakingParts['postgres'] = {
      async transaction(work, options) {
        const result = await postgres.transaction(work, options)
        commits += 1
        if (commits === 1) throw new CommitUnanswered('unavailable', 'The database did not answer; try again shortly.')
        return result
      },
    }
    const batches = batchesOn(losing)
    const eventId = await openHouse(postgres)
    const codes = await Promise.all(
      ['ada', 'bob', 'cyd'].map((userId) =>
        batches.take(pairOf(eventId, userId)).then(
          () => 'held',
          (error: unknown) => (error instanceof TicketingError ? error.code : String(error)),
        ),
      ),
    )
    return codes.every((code) => code === 'unavailable') ? [] : [`a batch ran again after COMMIT: ${codes.join()}`]
  })

async function withPostgres(url: string, work: (postgres: Postgres) => Promise<string[]>): Promise<string[]> {
  const postgres = new Postgres({ url, applicationName: 'trial', maxConnections: 10, onIdleError: () => undefined })
  try {
    return await work(postgres)
  } finally {
    await postgres.close()
  }
}

function batchesOn(postgres: TakingParts['postgres']): Batches {
  return new Batches({ postgres, shares: new SoldShares(), metrics: new BookingMetrics(new Metrics('trial')) })
}

function pairOf(eventId: string, userId: string) {
  return placeRequest({ eventId, userId, selection: { best_available: { qty: 2, adjacent: 'require' } } })
}

async function openHouse(postgres: Postgres): Promise<string> {
  const eventId = newId()
  const labels = Array.from({ length: seatsPerRow }, (_, index) => String(index + 1))
  await postgres.transaction(async (db) => {
    const sale = { eventId, layoutVersion: 1, currency: 'EUR', maxTicketsPerUser: 8, holdTtlMs: 600_000 }
    await openStock(db, sale)
    await addTiers(db, eventId, [{ name: 'Standard', steps: [] }])
    await addRows(
      db,
      eventId,
      Array.from({ length: seatsPerRow }, (_, row_no) => ({
        row_no,
        section: 'Stalls',
        label: String(row_no + 1),
        first_seat_no: row_no * seatsPerRow,
        seats: labels,
        prices_minor: labels.map(() => 5_000),
        tier_nos: labels.map(() => 0),
        accessible: false,
      })),
    )
    await changeSale(db, { eventId, status: 'on_sale', onSaleAt: null, offSaleAt: null, cancelUntil: null })
  })
  return eventId
}
