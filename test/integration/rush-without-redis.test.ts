import test from 'ava'
import { startBookingWorkers } from '../support/booking-workers.ts'
import { outcomeOf } from '../support/refusals.ts'
import { startSingleRedis } from '../support/servers.ts'
import { until } from '../support/until.ts'

const houseSeats = 2_000
const buyersAtOnce = 12

test('a rush goes on while Redis is frozen, killed, and back with nothing, and no seat is sold twice', async (t) => {
  const redis = await startSingleRedis()
  t.teardown(() => redis.stop())
  const workers = await startBookingWorkers({ instances: 2, env: { REDIS_URL: redis.url }, isImpatient: false })
  t.teardown(() => workers.stop())
  const eventId = await workers.openHouse({ rows: 40, seatsPerRow: houseSeats / 40 })

  const held: number[] = []
  const outcomes = new Set<string>()
  let over = false
  const buyInTurn = async (): Promise<void> => {
    while (!over) {
      // All of them want the same few, so that most of them lose.
      const seatNo = Math.min(houseSeats - 1, Math.floor(held.length * 1.2) + Math.floor(Math.random() * 6))
      const outcome = await outcomeOf(workers.hold(eventId, [seatNo]), 'held')
      outcomes.add(outcome)
      if (outcome === 'held') held.push(seatNo)
    }
  }
  const rush = Promise.all(Array.from({ length: buyersAtOnce }, buyInTurn))
  const more = async (what: string): Promise<void> => {
    const before = held.length
    await until(`more is sold ${what}`, () => held.length >= before + 20)
  }
  await more('at first')
  redis.freeze()
  await more('while Redis is frozen')
  redis.thaw()
  await more('afterwards')
  await redis.kill()
  await more('without Redis')
  await redis.restart({ withData: false })
  await more('with an empty Redis')
  over = true
  await rush

  t.is(new Set(held).size, held.length)
  t.deepEqual([...outcomes].sort(), ['held', 'seat_unavailable'])
  const sql = `SELECT FROM booking.event_seats WHERE event_id = $1 AND state = 'held'`
  t.is((await workers.postgres.query(sql, [eventId])).length, held.length)
})
