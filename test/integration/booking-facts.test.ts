import test from 'ava'
import { cancelTickets, returnHold, revokeBooking } from '#shared/contracts/payment-steps.ts'
import { ownerDigest } from '#shared/facts/places.ts'
import { newId } from '#shared/ids.ts'
import { system } from '#shared/messaging/caller.ts'
import { freeSeatsLeftHeld, lookInIndex } from '../../workers/booking/store/seats-left-held.ts'
import { sharedBookingWorkers } from '../support/booking-workers.ts'
import { lockSeats } from '../support/locks.ts'
import { assertRefused } from '../support/refusals.ts'
import { seatsRead } from '../support/seats-read.ts'
import { sweepAll } from '../support/sweep-all.ts'
import { until } from '../support/until.ts'

/* Facts about holds and bookings are written in the transaction that makes them true. */

const workers = sharedBookingWorkers()

interface Told {
  readonly fact: string
  readonly [member: string]: unknown
}

/** Facts of an event, by transaction, those of the hold first; seats by number: `0 held 2, 1 held 2`. */
async function factsOf(eventId: string): Promise<Told[]> {
  const rows = await workers.postgres.query<{ subject: string; payload: { seats: [number, string, number][] } }>(
    'SELECT subject, payload FROM booking.outbox WHERE subject LIKE $1 ORDER BY created_at, subject DESC',
    [`%.${eventId}.%`],
  )
  return rows.map(({ subject, payload }) => {
    const [, , entity, , what] = subject.split('.')
    const seats = payload.seats.toSorted(([one], [other]) => one - other).map((seat) => seat.join(' '))
    return { fact: `${entity} ${what}`, ...payload, seats: seats.join(', ') }
  })
}

test.serial('every step of a hold is a fact with the changed seats, their states and versions', async (t) => {
  const eventId = await workers.openHouse({ areas: { Floor: { capacity: 5 } } })
  const hold = await workers.hold(eventId, { seat_nos: [0, 1], areas: [{ area: 'Floor', qty: 1 }] }, 'ada')
  const hold_id = hold.id
  await workers.extend(hold)
  await workers.swap(hold, [1, 2])
  const booking_id = await workers.beginPayment(hold)
  await workers.ask(returnHold, { booking_id, attempt: 1 })
  for (const _ of ['once', 'again']) await workers.release(hold)
  const told = await factsOf(eventId)
  // Whose it is, without a name, and how long it lasts.
  for (const { owner } of told) t.is(owner, ownerDigest(eventId, 'ada'))
  for (const { status, expires_in_ms } of told) {
    if (status === 'released') t.is(expires_in_ms, 0)
    else t.true(Number(expires_in_ms) > 590_000 && Number(expires_in_ms) <= 600_000)
  }
  const facts = told.map(({ owner: _owner, expires_in_ms: _expires, ...fact }) => fact)
  t.deepEqual(facts, [
    { fact: 'hold taken', hold_id, status: 'active', seats: '0 held 2, 1 held 2', areas: [0] },
    { fact: 'hold changed', hold_id, status: 'active', seats: '', areas: [] },
    { fact: 'hold changed', hold_id, status: 'active', seats: '0 available 3, 1 held 3, 2 held 2', areas: [0] },
    { fact: 'hold paying', hold_id, status: 'paying', seats: '', areas: [] },
    { fact: 'hold returned', hold_id, status: 'active', seats: '', areas: [] },
    { fact: 'hold released', hold_id, status: 'released', seats: '1 available 4, 2 available 3', areas: [] },
  ])
})

test.serial('a confirmed booking and each cancellation of its tickets is a fact with their seats', async (t) => {
  const eventId = await workers.openHouse()
  const bought = await workers.buyTickets(eventId, [0, 1], 'ada')
  const booking_id = bought.id
  for (const { id } of bought.tickets) {
    const cancellation = { booking_id, refund_id: newId(), ticket_ids: [id], reason: 'organiser' as const }
    await workers.ask(cancelTickets, cancellation, { caller: system('purchase') })
  }
  const told = (await factsOf(eventId)).slice(2)
  const converted = { status: 'converted', owner: ownerDigest(eventId, 'ada'), expires_in_ms: 0 }
  const common = { booking_id, areas: [] }
  const taken = { ...common, reason: 'organiser' }
  t.deepEqual(told, [
    { fact: 'hold converted', hold_id: bought.hold_id, ...converted, seats: '', areas: [] },
    { ...common, fact: 'booking confirmed', status: 'confirmed', seats: '0 sold 3, 1 sold 3', reason: 'purchase' },
    { ...taken, fact: 'booking partly-cancelled', status: 'confirmed', seats: '0 available 4' },
    { ...taken, fact: 'booking cancelled', status: 'cancelled', seats: '1 available 4' },
  ])
})

test.serial('a revoked booking is a fact', async (t) => {
  const eventId = await workers.openHouse()
  const booking_id = await workers.buy(eventId, [0])
  for (const _ of ['once', 'again']) await workers.ask(revokeBooking, { booking_id, attempt: 1 })
  const told = await factsOf(eventId)
  t.is(told.length, 5)
  t.like(told.at(-1), { fact: 'booking cancelled', seats: '0 available 4', reason: 'capture_refused' })
})

test.serial('the fact of a hold that ran out comes with its end, and names the seats it freed', async (t) => {
  const eventId = await workers.openHouse()
  const late = await workers.hold(eventId, [0, 1])
  const booking_id = await workers.beginPayment(late)
  await workers.letRunOut(late)
  const next = await workers.hold(eventId, [1])
  t.is(await workers.confirm(booking_id), 'LOST')
  await workers.letRunOut(next)
  await sweepAll(workers.postgres)
  const told = (await factsOf(eventId)).slice(2)
  t.like(told[0], { fact: 'hold taken', hold_id: next.id, seats: '1 held 3' })
  t.like(told[1], { fact: 'hold expired', hold_id: late.id, status: 'expired', seats: '0 available 3' })
  t.like(told[2], { fact: 'booking failed', booking_id, status: 'failed', seats: '' })
  t.like(told[3], { fact: 'hold expired', hold_id: next.id, seats: '1 available 4' })
  t.is(told.length, 4)
})

test.serial('an unpaid booking that ends with its hold is a fact', async (t) => {
  const eventId = await workers.openHouse()
  const late = await workers.hold(eventId, [0])
  const booking_id = await workers.beginPayment(late)
  await workers.ask(returnHold, { booking_id, attempt: 1 })
  await workers.letRunOut(late)
  await sweepAll(workers.postgres)
  t.like((await factsOf(eventId)).at(-1), { fact: 'booking expired', booking_id, status: 'expired' })
})

test.serial('a seat that was passed over when its hold ran out is freed and told by a later sweep', async (t) => {
  const eventId = await workers.openHouse()
  const late = await workers.hold(eventId, [0, 1])
  await workers.letRunOut(late)
  await workers.postgres.transaction(async (db) => {
    // Somebody decides about seat 1, and takes another in the end.
    await lockSeats(db, eventId, [1])
    await sweepAll(workers.postgres)
  })
  const [passedOver] = (await factsOf(eventId)).slice(1)
  t.like(passedOver, { fact: 'hold expired', seats: '0 available 3' })
  await until('it is told', async () => {
    await sweepAll(workers.postgres)
    return (await factsOf(eventId)).length > 2
  })
  t.deepEqual((await factsOf(eventId)).slice(2), [{ fact: 'seat freed', seats: '1 available 3', areas: [] }])
})

test.serial('a sweep reads no seat that is held in time, however many there are', async (t) => {
  const eventId = await workers.openHouse({ rows: 50, seatsPerRow: 100 })
  for (let at = 0; at < 20; at += 1) await workers.hold(eventId, [at * 8, at * 8 + 1])
  const { postgres } = workers
  for (const statistics of ['of an empty table', 'fresh']) {
    if (statistics === 'fresh') await postgres.query('ANALYZE booking.event_seats')
    const read = await postgres.transaction(
      async (db) => {
        const before = await seatsRead(db)
        t.deepEqual(await freeSeatsLeftHeld(db, 100), [])
        return (await seatsRead(db)) - before
      },
      { settings: lookInIndex },
    )
    t.is(read, 0, statistics)
  }
})

test.serial('a refused request writes no fact, and all facts reach the stream', async (t) => {
  const eventId = await workers.openHouse()
  await workers.hold(eventId, [0], 'ada')
  await assertRefused(t, workers.hold(eventId, [0, 1]), 'seat_unavailable')
  t.is((await factsOf(eventId)).length, 1)
  const untold = 'SELECT FROM booking.outbox WHERE subject LIKE $1 AND published_at IS NULL'
  const isTold = async () => (await workers.postgres.query(untold, [`%.${eventId}.%`])).length === 0
  await until('the fact is published', isTold)
})
