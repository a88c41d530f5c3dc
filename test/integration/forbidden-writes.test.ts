import test, { type ExecutionContext } from 'ava'
import { parsePublicId } from '#shared/ids.ts'
import { sharedBookingWorkers } from '../support/booking-workers.ts'

/* Writes that the database itself refuses, so that no fault of a process can make them. */

const workers = sharedBookingWorkers()

/** Name of the constraint that refuses the statement. */
async function refusedBy(sql: string, values: unknown[]): Promise<string> {
  const answer: unknown = await workers.postgres.query(sql, values).catch((error: unknown) => error)
  if (answer instanceof Error && 'constraint' in answer) return String(answer.constraint)
  throw new Error(`not refused: ${sql}`)
}

/** `change`: an assignment to the seat of that number, to all holds or to all bookings of an event, and what refuses it. */
async function refuses(t: ExecutionContext, table: string, eventId: string, changes: readonly Change[]): Promise<void> {
  for (const [assignment, constraint, seatNo] of changes) {
    const where = seatNo === undefined ? '' : `AND seat_no = ${seatNo}`
    const sql = `UPDATE booking.${table} SET ${assignment} WHERE event_id = $1 ${where}`
    t.is(await refusedBy(sql, [eventId]), constraint, assignment)
  }
}
type Change = readonly [assignment: string, constraint: string, seatNo?: number]

test('a seat is in at most one live booking item', async (t) => {
  const eventId = await workers.openHouse()
  await workers.buy(eventId, [0])
  const other = parsePublicId(await workers.buy(eventId, [1]))?.ownId
  const constraint = await refusedBy(
    `INSERT INTO booking.booking_items (event_id, id, booking_id, seat_no, price_minor)
     VALUES ($1, gen_random_uuid(), $2, 0, 1)`,
    [eventId, other],
  )
  t.is(constraint, 'seat_sold_once')
})

test('a seat is held by a hold with an end, sold to a booking, or neither', async (t) => {
  const eventId = await workers.openHouse()
  await workers.buy(eventId, [0])
  await workers.hold(eventId, [1])
  await refuses(t, 'event_seats', eventId, [
    [`state = 'available'`, 'sold_names_its_booking', 0],
    ['booking_id = NULL', 'sold_names_its_booking', 0],
    [`state = 'held', booking_id = NULL, held_until = now()`, 'held_names_its_hold', 0],
    ['held_until = NULL', 'held_has_an_end', 1],
    ['booking_id = gen_random_uuid()', 'sold_names_its_booking', 1],
    ['hold_id = gen_random_uuid(), held_until = now()', 'held_has_an_end', 2],
    [`state = 'gone'`, 'event_seats_state_check', 2],
    ['price_minor = -1', 'event_seats_price_minor_check', 2],
  ])
})

test('a buyer has one live hold of an event, which ends by its hard cap', async (t) => {
  const eventId = await workers.openHouse()
  await workers.hold(eventId, [0], 'ada')
  const second = await refusedBy(
    `INSERT INTO booking.holds (event_id, id, user_id, active_until, expires_at, hard_cap_at)
     VALUES ($1, gen_random_uuid(), 'ada', now(), now(), now())`,
    [eventId],
  )
  t.is(second, 'one_live_hold_per_buyer')
  await refuses(t, 'holds', eventId, [
    [`expires_at = hard_cap_at + interval '1 second'`, 'hold_within_hard_cap'],
    [`status = 'released'`, 'hold_live_until_ended'],
    ['ended_at = now()', 'hold_live_until_ended'],
  ])
})

test('a hold has one booking, whose money stays within its frozen total', async (t) => {
  const eventId = await workers.openHouse()
  await workers.buy(eventId, [0])
  const second = await refusedBy(
    `INSERT INTO booking.bookings (event_id, id, user_id, hold_id, total_minor, currency)
     SELECT event_id, gen_random_uuid(), user_id, hold_id, 0, currency FROM booking.bookings WHERE event_id = $1`,
    [eventId],
  )
  t.is(second, 'one_booking_per_hold')
  await refuses(t, 'bookings', eventId, [
    [`payment_status = 'captured', captured_minor = total_minor + 1`, 'captured_within_total'],
    ['captured_minor = 1', 'captured_says_so'],
    ['refunded_minor = -1', 'refunded_within_total'],
    ['confirmed_at = NULL', 'confirmed_has_its_time'],
    ['refund_due_minor = 1', 'refund_within_capture'],
    [
      `payment_status = 'captured', captured_minor = 1, refund_due_minor = 1, refunded_minor = 2`,
      'refund_within_capture',
    ],
    [`status = 'cancelled'`, 'cancelled_says_why'],
  ])
})
