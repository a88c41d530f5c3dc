import test from 'ava'
import { type Hold, holdSeats } from '#shared/contracts/holds.ts'
import type { TicketingError } from '#shared/errors.ts'
import { newId } from '#shared/ids.ts'
import { sharedBookingWorkers } from '../support/booking-workers.ts'
import { seatNosOf as seatNumbersOf } from '../support/seat-numbers.ts'
import { until } from '../support/until.ts'

const workers = sharedBookingWorkers()

const best = (eventId: string, qty: number, as: string): Promise<Hold> =>
  workers.ask(holdSeats, { event_id: eventId, best_available: { qty } }, { as })
const seatNosOf = (hold: Hold): number[] => seatNumbersOf(hold.places)

/** Refusals, and the seats of those who got some, when so many pairs come at once. */
async function rush(eventId: string, pairs: number): Promise<{ refusals: string[]; groups: number[][] }> {
  const refusals: string[] = []
  const groups: number[][] = []
  await Promise.all(
    Array.from({ length: pairs }, () =>
      best(eventId, 2, newId()).then(
        (hold) => groups.push(seatNosOf(hold)),
        (error: TicketingError) => refusals.push(error.code),
      ),
    ),
  )
  return { refusals, groups }
}

test.serial('a hundred pairs at once for room for ten: ten get it, and only then too few are left', async (t) => {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 20 })
  const { refusals, groups } = await rush(eventId, 100)
  t.is(groups.length, 10)
  t.deepEqual(new Set(refusals), new Set(['not_enough_left']))
})

test.serial('64 at a time want pairs until 2 % are left: under 1 % are refused, no seat stays single', async (t) => {
  const seatsPerRow = 20
  const eventId = await workers.openHouse({ rows: 60, seatsPerRow })
  const groups: number[][] = []
  let pairs = (60 * seatsPerRow * 0.98) / 2
  let refused = 0
  const buyInTurn = async (): Promise<void> => {
    while (pairs-- > 0) {
      await best(eventId, 2, newId()).then(
        (hold) => groups.push(seatNosOf(hold)),
        () => refused++,
      )
    }
  }
  await Promise.all(Array.from({ length: 64 }, buyInTurn))
  t.true(refused < groups.length * 0.01, `${refused} refused, ${groups.length} held`)
  t.true(groups.every(([left = 0, right]) => right === left + 1 && right % seatsPerRow !== 0))
  const taken = new Set(groups.flat())
  t.is(taken.size, groups.length * 2)
  const isFree = (seatNo: number) => !taken.has(seatNo)
  const singles = Array.from({ length: 60 * seatsPerRow }, (_, seatNo) => seatNo).filter(
    (seatNo) =>
      isFree(seatNo) &&
      (seatNo % seatsPerRow === 0 || !isFree(seatNo - 1)) &&
      (seatNo % seatsPerRow === seatsPerRow - 1 || !isFree(seatNo + 1)),
  )
  t.deepEqual(singles, [])
})

test.serial('the best free seats come first, and a row is not left with a single seat', async (t) => {
  const eventId = await workers.openHouse({ rows: 2, seatsPerRow: 5 })
  t.deepEqual(seatNosOf(await best(eventId, 2, 'a')), [0, 1])
  t.deepEqual(seatNosOf(await best(eventId, 2, 'b')), [5, 6])
  t.deepEqual(seatNosOf(await best(eventId, 3, 'c')), [2, 3, 4])
  t.deepEqual(seatNosOf(await best(eventId, 2, 'd')), [7, 8])
  t.deepEqual(seatNosOf(await best(eventId, 1, 'e')), [9])
})

test.serial('seats others are deciding about are passed over, and waited for when there are no others', async (t) => {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 4 })
  const lock = 'SELECT FROM booking.event_seats WHERE event_id = $1 AND seat_no < $2 FOR UPDATE'
  const waiting = await workers.postgres.transaction(async (db) => {
    await db.query(lock, [eventId, 2])
    t.deepEqual(seatNosOf(await best(eventId, 2, 'quick')), [2, 3])
    const patient = best(eventId, 2, 'patient')
    await until('the patient one waits', async () => {
      const [sleeper] = await workers.postgres.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      )
      return sleeper !== undefined
    })
    // In an array, lest it be awaited before these locks are given back.
    return [patient]
  })
  t.deepEqual(await Promise.all(waiting.map(async (hold) => seatNosOf(await hold))), [[0, 1]])
})

test.serial('seats of a hold that ran out are picked like free ones', async (t) => {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 4 })
  const hold = await workers.hold(eventId, [0, 1, 2, 3], 'slow')
  const four = { event_id: eventId, best_available: { qty: 4 } }
  t.is((await workers.refusal(holdSeats, four, { as: 'quick' })).code, 'not_enough_left')
  await workers.letRunOut(hold)
  t.deepEqual(seatNosOf(await best(eventId, 4, 'quick')), [0, 1, 2, 3])
})

test.serial('enough free seats that are nowhere side by side are named as such, and so are too few', async (t) => {
  const eventId = await workers.openHouse({ rows: 2, seatsPerRow: 5 })
  await workers.hold(eventId, [1, 3, 5, 7, 9], 'scattering')
  const codeFor = async (qty: number) =>
    (await workers.refusal(holdSeats, { event_id: eventId, best_available: { qty } }, { as: 'group' })).code
  t.is(await codeFor(2), 'no_adjacent_seats')
  t.is(await codeFor(5), 'no_adjacent_seats')
  t.is(await codeFor(6), 'not_enough_left')
})

test.serial('the last seats of a house of 15,000 are found within the deadline', async (t) => {
  const eventId = await workers.openHouse({ rows: 500, seatsPerRow: 30 })
  await workers.postgres.query(
    `UPDATE booking.event_seats SET state = 'blocked' WHERE event_id = $1 AND seat_no < 14998`,
    [eventId],
  )
  t.deepEqual(seatNosOf(await best(eventId, 2, 'late')), [14_998, 14_999])
})
