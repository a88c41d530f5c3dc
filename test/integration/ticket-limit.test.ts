import test from 'ava'
import { holdSeats } from '#shared/contracts/holds.ts'
import { beginPayment, confirmHold } from '#shared/contracts/payment-steps.ts'
import type { TicketingError } from '#shared/errors.ts'
import { user } from '#shared/messaging/caller.ts'
import { lockBuyer } from '../../workers/booking/store/buyers.ts'
import { askWorker } from '../support/asking.ts'
import { sharedBookingWorkers } from '../support/booking-workers.ts'

const workers = sharedBookingWorkers()

test('one person may hold as many seats as the limit says and not one more', async (t) => {
  const eventId = await workers.openHouse({ maxTicketsPerUser: 3 })
  const tooMany = await workers.refusal(holdSeats, { event_id: eventId, best_available: { qty: 4 } }, { as: 'ada' })
  t.is(tooMany.code, 'ticket_limit')
  t.deepEqual(tooMany.extra, { limit: 3, tickets: 0 })
  t.is((await workers.hold(eventId, [0, 1, 2], 'ada')).places.length, 3)
})

test('tickets bought before count, those of others and of other events do not', async (t) => {
  const eventId = await workers.openHouse({ maxTicketsPerUser: 3 })
  await workers.buy(eventId, [0, 1], 'ada')
  await workers.buy(eventId, [2, 3], 'bob')
  await workers.buy(await workers.openHouse(), [0, 1, 2], 'ada')
  const refusal = await workers.refusal(holdSeats, { event_id: eventId, seat_nos: [4, 5] }, { as: 'ada' })
  t.is(refusal.code, 'ticket_limit')
  t.deepEqual(refusal.extra, { limit: 3, tickets: 2 })
  await workers.buy(eventId, [4], 'ada')
})

test('twenty requests of one person at once do not get past the limit', async (t) => {
  const eventId = await workers.openHouse({ maxTicketsPerUser: 3 })
  await workers.buy(eventId, [0, 1], 'ada')
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      workers.hold(eventId, [10 + index], 'ada').then(
        () => 'held',
        (error: TicketingError) => error.code,
      ),
    ),
  )
  t.deepEqual(outcomes.toSorted(), ['held', ...Array(19).fill('hold_exists')])
})

test('a late confirmation and a new hold at once do not get past the limit together', async (t) => {
  const rounds = Array.from({ length: 8 }, async (_, round) => {
    const eventId = await workers.openHouse({ maxTicketsPerUser: 2 })
    const buyer = `ada-${round}`
    const hold = await workers.hold(eventId, [0, 1], buyer)
    const { booking_id } = await workers.ask(beginPayment, { hold_id: hold.id }, { as: buyer })
    await workers.letRunOut(hold)
    const [confirmed, next] = await Promise.all([
      workers.ask(confirmHold, { booking_id }),
      workers.hold(eventId, [5, 6], buyer).then(
        () => 'held',
        (error: TicketingError) => error.code,
      ),
    ])
    return `${confirmed.outcome} ${next}`
  })
  for (const outcome of await Promise.all(rounds))
    t.true(['CONFIRMED ticket_limit', 'LOST held'].includes(outcome), outcome)
})

test('a request that waits too long for another of the same buyer may be retried, and no seat is called taken', async (t) => {
  const eventId = await workers.openHouse({ maxTicketsPerUser: 2 })
  await workers.postgres.transaction(async (db) => {
    await lockBuyer(db, { eventId, userId: 'ada' })
    // Sent, but not waited for.
    await db.query('SELECT')
    const asking = askWorker(workers.bus, holdSeats, { event_id: eventId, seat_nos: [0, 1] }, { caller: user('ada') })
    await t.throwsAsync(asking, {
      code: 'overloaded',
      message: 'Another request is changing the same data; try again shortly.',
    })
  })
  t.is((await workers.hold(eventId, [0, 1], 'ada')).status, 'active')
})
