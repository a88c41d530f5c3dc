import test, { type ExecutionContext } from 'ava'
import type { Database, TransactionOptions } from '#shared/database/postgres.ts'
import { type Key, keyOf } from '#shared/ids.ts'
import { extendHold, startPaying } from '../../workers/booking/store/hold-times.ts'
import { clearHold, endHolds, lockHold } from '../../workers/booking/store/holds.ts'
import { byIndexOnly, lockRowsWithRun, lockSeatsOfRows } from '../../workers/booking/store/rows.ts'
import { holdLockedSeats, lockFreeSeats, lockSellableSeats, viewSeats } from '../../workers/booking/store/seats.ts'
import { type BookingWorkers, startBookingWorkers } from '../support/booking-workers.ts'
import { rowsRead, seatsRead } from '../support/seats-read.ts'

const named = [7, 8, 9, 14_000]

/** Of a database of their own: what is read of one depends on what else is in it. */
async function ownWorkers(t: ExecutionContext): Promise<BookingWorkers> {
  const workers = await startBookingWorkers({ isImpatient: false })
  t.teardown(() => workers.stop())
  return workers
}

/** Ten holds of a hundred seats each, from that number on. */
async function holdThousand(workers: BookingWorkers, eventId: string, from = 0): Promise<Key[]> {
  const holds: Key[] = []
  for (let first = from; first < from + 1_000; first += 100) {
    const seatNos = Array.from({ length: 100 }, (_, index) => first + index)
    holds.push(keyOf((await workers.hold(eventId, seatNos)).id))
  }
  return holds
}

const undone = new Error('undone')

interface Lookup {
  /** Of seats that somebody names, or of the 100 that a hold has. */
  readonly seats: number
  readonly settings: NonNullable<TransactionOptions['settings']>
  run(db: Database, hold: Key): Promise<unknown>
}

const ofNamed = (settings: Lookup['settings'], run: Lookup['run']): Lookup => ({ seats: named.length, settings, run })
const ofHold = (settings: Lookup['settings'], run: Lookup['run']): Lookup => ({ seats: 100, settings, run })

const lookups: Readonly<Record<string, Lookup>> = {
  'who lost them': ofNamed(byIndexOnly, (db, { eventId }) => viewSeats(db, { eventId, seatNos: named })),
  'who may hold them': ofNamed(byIndexOnly, (db, { eventId }) => {
    const wanted = named.map((seatNo) => ({ eventId, seatNo, ownHold: null }))
    return lockFreeSeats(db, wanted, { wait: false })
  }),
  'who holds them': ofNamed(byIndexOnly, async (db, hold) => {
    await holdLockedSeats(
      db,
      named.map((seatNo) => ({ hold, seatNo, priceMinor: 1 })),
    )
  }),
  'who swaps all of them': ofHold(byIndexOnly, (db, hold) => clearHold(db, hold, [])),
  'whose time is over, found in a batch': ofHold(byIndexOnly, (db, hold) => endHolds(db, [hold], 'expired')),
  'whose time is over': ofHold({}, (db, hold) => endHolds(db, [hold], 'expired')),
  'who gives them back': ofHold({}, (db, hold) => endHolds(db, [hold], 'released')),
  'who extends the hold': ofHold({}, (db, hold) => extendHold(db, hold)),
  'who begins to pay': ofHold({}, (db, hold) => startPaying(db, { hold, paymentWindowMs: 1_000 })),
  'who has paid for them': ofHold({}, async (db, hold) => {
    const { seatNos } = (await lockHold(db, hold)) ?? { seatNos: [] }
    await lockSellableSeats(db, { hold, seatNos })
  }),
}

test('seats that are known are looked up, not searched for, whether or not the planner knows the house, however many are held', async (t) => {
  const workers = await ownWorkers(t)
  await workers.openHouse({ rows: 100, seatsPerRow: 30 })
  const eventId = await workers.openHouse({ rows: 500, seatsPerRow: 30, maxTicketsPerUser: 100 })
  const [hold] = await holdThousand(workers, eventId, 100)
  if (hold === undefined) throw new Error('nobody holds anything')
  const searched: string[] = []
  for (const when of ['before', 'after']) {
    for (const [who, { seats, settings, run }] of Object.entries(lookups)) {
      let read = 0
      const looked = workers.postgres.transaction(
        async (db) => {
          const before = await seatsRead(db)
          await run(db, hold)
          read = (await seatsRead(db)) - before
          throw undone
        },
        { settings },
      )
      await t.throwsAsync(looked, { is: undone })
      // Locking reads each of them once more, and so does changing it.
      if (read < seats || read > 3 * seats)
        searched.push(`${who}, ${when} ANALYZE: read ${read} of 15,000 seats for ${seats}`)
    }
    await workers.postgres.query('ANALYZE')
  }
  t.deepEqual(searched, [])
})

test('a hold ends by reading its own places, however many others hold in its areas and in other events', async (t) => {
  const workers = await ownWorkers(t)
  const areas = { Floor: { capacity: 400 }, Lawn: { capacity: 400 } }
  const events = [await workers.openHouse({ areas }), await workers.openHouse({ areas })]
  const holds = await Promise.all(
    Array.from({ length: 80 }, (_, index) =>
      workers.hold(events[index % 2] ?? '', { areas: [{ area: 'Floor', qty: 2 }] }),
    ),
  )
  const hold = keyOf(holds[0]?.id ?? '')
  for (const when of ['before', 'after']) {
    const ended = workers.postgres.transaction(
      async (db) => {
        await endHolds(db, [hold], 'expired')
        const [items, shards] = [await rowsRead(db, 'hold_items'), await rowsRead(db, 'area_shards')]
        t.true(items <= 10 && shards <= 10, `${when} ANALYZE: read ${items} of 80 items, ${shards} of 32 shards`)
        throw undone
      },
      { settings: byIndexOnly },
    )
    await t.throwsAsync(ended, { is: undone })
    await workers.postgres.query('ANALYZE')
  }
})

test('the best seats are found by reading a row or two, whether or not the planner has statistics', async (t) => {
  const workers = await ownWorkers(t)
  const { postgres } = workers
  const eventId = await workers.openHouse({ rows: 500, seatsPerRow: 20, maxTicketsPerUser: 100 })
  const wholeHouse = { firstSeatNo: 0, lastSeatNo: 999_999, accessible: false, tierNos: null, rowNos: null }
  const look = (): Promise<number> =>
    postgres.transaction(
      async (db) => {
        const before = await seatsRead(db)
        const filter = { eventId, ownHold: undefined, ...wholeHouse }
        await lockRowsWithRun(db, filter, { qty: 4, tidy: true, limit: 1, wait: false })
        return (await seatsRead(db)) - before
      },
      { settings: byIndexOnly },
    )
  for (const when of ['a new house', 'after holds', 'after ANALYZE']) {
    if (when === 'after holds') await holdThousand(workers, eventId)
    if (when === 'after ANALYZE') await postgres.query('ANALYZE')
    // The second one runs the plan that is kept.
    for (let times = 0; times < 2; times++) {
      const read = await look()
      t.true(read <= 60, `${when}: read ${read} of 10,000 seats`)
    }
  }
})

test('seats that a batch wants are locked by reading them and their rows, however large the house and however many there are', async (t) => {
  const workers = await ownWorkers(t)
  const { postgres } = workers
  const house = { rows: 100, seatsPerRow: 20, maxTicketsPerUser: 100 }
  const [eventId = ''] = await Promise.all([1, 2, 3].map(() => workers.openHouse(house)))
  await postgres.query('ANALYZE')
  const filter = { eventId, firstSeatNo: 0, lastSeatNo: 1_999, accessible: false, tierNos: null, rowNos: null }
  const wanted = Array.from({ length: 20 }, (_, index) => ({ eventId, seatNo: 99 * index, ownHold: null }))
  const ofRow = { section: 'A', label: '1' }
  const rows = [0, 50].map((row) => ({ ...ofRow, firstSeatNo: 20 * row, lastSeatNo: 20 * row + 19 }))
  await postgres.transaction(
    async (db) => {
      const named = await lockFreeSeats(db, wanted, { wait: false })
      t.is(named.map(({ seatNo }) => seatNo).join(), wanted.map(({ seatNo }) => seatNo).join())
      const ofRows = await lockSeatsOfRows(db, { ...filter, ownHold: undefined }, { rows, wait: false })
      t.is(ofRows.length, 40)
      // Each seat once, and once more for its lock.
      t.true((await seatsRead(db)) <= 2 * 60, `read ${await seatsRead(db)} of 6,000 seats`)
      const read = await rowsRead(db, 'event_rows')
      t.true(read <= 60, `read ${read} of 300 rows, some twice`)
    },
    { settings: byIndexOnly },
  )
})
