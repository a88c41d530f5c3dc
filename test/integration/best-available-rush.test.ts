import test from 'ava'
import { sharedBookingWorkers } from '../support/booking-workers.ts'
import { lockSeats, untilLocksAreAwaited } from '../support/locks.ts'
import { assertRefused, outcomeOf } from '../support/refusals.ts'
import { seatNosOf } from '../support/seat-numbers.ts'

const workers = sharedBookingWorkers()

const best = async (eventId: string, qty: number): Promise<number[]> =>
  seatNosOf((await workers.hold(eventId, { best_available: { qty } })).places)

test.serial('a hundred pairs at once for room for ten: ten get it, and only then too few are left', async (t) => {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 20 })
  const outcomes = await Promise.all(Array.from({ length: 100 }, () => outcomeOf(best(eventId, 2), 'held')))
  t.deepEqual(outcomes.toSorted(), [...Array(10).fill('held'), ...Array(90).fill('not_enough_left')])
})

test.serial('64 at a time want pairs until 2 % are left: under 1 % are refused, no seat stays single', async (t) => {
  const seatsPerRow = 20
  const eventId = await workers.openHouse({ rows: 60, seatsPerRow })
  const groups: number[][] = []
  let pairs = (60 * seatsPerRow * 0.98) / 2
  let refused = 0
  const buyInTurn = async (): Promise<void> => {
    while (pairs-- > 0) {
      await best(eventId, 2).then(
        (seats) => groups.push(seats),
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
  for (const seats of [[0, 1], [5, 6], [2, 3, 4], [7, 8], [9]]) t.deepEqual(await best(eventId, seats.length), seats)
})

test.serial('seats others are deciding about are passed over, and waited for when there are no others', async (t) => {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 4 })
  const waiting = await workers.postgres.transaction(async (db) => {
    await lockSeats(db, eventId, [0, 1])
    t.deepEqual(await best(eventId, 2), [2, 3])
    const patient = best(eventId, 2)
    await untilLocksAreAwaited(workers.postgres, db)
    // In an object, lest it be awaited before these locks are given back.
    return { patient }
  })
  t.deepEqual(await waiting.patient, [0, 1])
})

test.serial('seats of a hold that ran out are picked like free ones', async (t) => {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 4 })
  const hold = await workers.hold(eventId, [0, 1, 2, 3])
  await assertRefused(t, best(eventId, 4), 'not_enough_left')
  await workers.letRunOut(hold)
  t.deepEqual(await best(eventId, 4), [0, 1, 2, 3])
})

test.serial('enough free seats that are nowhere side by side are named as such, and so are too few', async (t) => {
  const eventId = await workers.openHouse({ rows: 2, seatsPerRow: 5 })
  await workers.hold(eventId, [1, 3, 5, 7, 9])
  for (const qty of [2, 5]) await assertRefused(t, best(eventId, qty), 'no_adjacent_seats')
  await assertRefused(t, best(eventId, 6), 'not_enough_left')
})

test.serial('the last seats of a house of 15,000 are found within the deadline', async (t) => {
  const eventId = await workers.openHouse({ rows: 500, seatsPerRow: 30 })
  await workers.postgres.query(
    `UPDATE booking.event_seats SET state = 'blocked' WHERE event_id = $1 AND seat_no < 14998`,
    [eventId],
  )
  t.deepEqual(await best(eventId, 2), [14_998, 14_999])
})
