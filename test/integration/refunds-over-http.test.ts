import { randomUUID } from 'node:crypto'
import test from 'ava'
import { refundEvent } from '#shared/contracts/purchase.ts'
import { askWorker } from '../support/asking.ts'
import { bookingOf, holdPlaces } from '../support/buying.ts'
import { forFile } from '../support/for-file.ts'
import { ask, asOrganiser, changeEvent, eventOnSale, type TestEvent } from '../support/http.ts'
import { openBus } from '../support/open-bus.ts'
import { openPostgres } from '../support/open-postgres.ts'
import { sharedSystem } from '../support/shared-systems.ts'
import { until } from '../support/until.ts'

/* Nothing is scripted here: gateway, all workers and the payment sandbox. */

const system = sharedSystem()
const bus = forFile(() => openBus(system.natsUrls.operator))
const db = forFile(async () => openPostgres(system.databaseUrl))

const eventIds: string[] = []

async function openEvent(options: TestEvent, given: object = {}): Promise<string> {
  const eventId = await eventOnSale(system.url, options, given)
  eventIds.push(eventId)
  return eventId
}

const best = (qty: number) => ({ best_available: { qty } })
const viewOf = async ({ id, user_id }: { id: string; user_id: string }) =>
  (await ask(`${system.url}/bookings/${id}?user_id=${user_id}`)).body
/** An organiser gives the money of these tickets back, or of all. */
const refund = ({ id }: { id: string }, json: object = {}, key: string = randomUUID()) =>
  ask(`${system.url}/admin/bookings/${id}/refund`, { headers: { ...asOrganiser, 'idempotency-key': key }, json })
const untilRefunded = (eventId: string) =>
  until('all are refunded', async () => (await progressOf(eventId)).status === 'done')
const progressOf = async (eventId: string) =>
  (await ask(`${system.url}/admin/events/${eventId}/refunds`, { headers: asOrganiser })).body

async function chargeOf(amountMinor: number) {
  const { body } = await ask(`${system.paymentUrl}/ledger?limit=1000`)
  return body.items.find((charge: { amount_minor: number }) => charge.amount_minor === amountMinor)
}

test.serial('an organiser refunds a ticket, then the rest; the seats are for sale again', async (t) => {
  const eventId = await openEvent({ priceMinor: 3_331, rows: 1, seatsPerRow: 2 })
  const booking = await bookingOf(system.url, eventId, best(2), 'ada')
  const part = await refund(booking, { ticket_ids: [booking.tickets[0].id] })
  t.is(part.status, 200, part.text)
  t.like(part.body, { status: 'confirmed', refunded_minor: 3_331 })
  t.like(await chargeOf(6_662), { state: 'captured', refunded_minor: 3_331 })
  const key = randomUUID()
  const rest = await refund(booking, {}, key)
  t.like(rest.body, { status: 'cancelled', cancelled_for: 'organiser', refunded_minor: 6_662 })
  t.is((await refund(booking, {}, key)).text, rest.text)
  t.is((await refund(booking)).body.code, 'not_cancellable')
  t.like(await chargeOf(6_662), { state: 'refunded', refunded_minor: 6_662 })
  await bookingOf(system.url, eventId, best(2), 'bob')
})

test.serial('a ticket that is named twice is a mistake of the request, and nothing is given back', async (t) => {
  const eventId = await openEvent({ priceMinor: 3_361, rows: 1, seatsPerRow: 2 })
  const booking = await bookingOf(system.url, eventId, best(1), 'eva')
  const cancel = (json: object) =>
    ask(`${system.url}/bookings/${booking.id}/cancel`, { json: { ...json, user_id: 'eva' } })
  const ticket = booking.tickets[0].id
  for (const ask of [cancel, (json: object) => refund(booking, json)]) {
    const refused = await ask({ ticket_ids: [ticket, ticket] })
    t.is(refused.status, 400, refused.text)
    t.deepEqual(refused.body.errors, [{ pointer: '/ticket_ids', detail: 'ticket_ids must not name a ticket twice.' }])
  }
  t.like(await viewOf(booking), { refund_due_minor: 0, refunded_minor: 0 })
  await cancel({ ticket_ids: [ticket] })
  await until('it is given back', async () => (await viewOf(booking)).payment.status === 'refunded')
})

test.serial('places at the highest price are bought and refunded together: a price has a limit, no sum', async (t) => {
  const priceMinor = 1_000_000_000_000
  const eventId = await openEvent({ priceMinor })
  const total = 10 * priceMinor
  const { body: hold } = await holdPlaces(system.url, eventId, best(10), 'croesus')
  t.is(hold.total_minor, total)
  const expected = { expected_total_minor: total, currency: hold.currency }
  const bought = await ask(`${system.url}/purchase`, {
    json: { hold_id: hold.id, payment_token: 'tok_ok', ...expected, user_id: 'croesus' },
  })
  t.like(bought, { status: 201, body: { payment: { captured_minor: total } } }, bought.text)
  const refunded = await refund(bought.body)
  t.true([200, 202].includes(refunded.status), refunded.text)
  await until('the money is back', async () => (await viewOf(bought.body)).refunded_minor === total)
})

test.serial('all bookings of a cancelled event are refunded', async (t) => {
  const eventId = await openEvent({ priceMinor: 3_347, rows: 2, seatsPerRow: 10 })
  const buyers = Array.from({ length: 8 }, (_, index) => `guest-of-${index}`)
  const bookings = await Promise.all(buyers.map((userId) => bookingOf(system.url, eventId, best(1), userId)))
  await askWorker(bus, refundEvent, { event_id: eventId })
  await untilRefunded(eventId)
  t.like(await progressOf(eventId), { bookings: 8, refunded: 8, refunded_minor: 8 * 3_347 })
  for (const booking of bookings) {
    t.like(await viewOf(booking), { status: 'cancelled', cancelled_for: 'event_cancelled' })
  }
})

test.serial('of a cancelled event no ticket stays valid, not even a free one beside a refunded one', async (t) => {
  const section = { rows: 1, seats_per_row: 1 }
  const sections = [
    { name: 'Stalls', ...section, price_minor: 3_359 },
    { name: 'Balcony', ...section, price_minor: 0 },
  ]
  const eventId = await openEvent({ name: 'Half of it free' }, { sections })
  const booking = await bookingOf(system.url, eventId, [0, 1], 'fay')
  const paid = booking.tickets.find(({ seat_no }: { seat_no: number }) => seat_no === 0)
  const back = await ask(`${system.url}/bookings/${booking.id}/cancel`, {
    json: { ticket_ids: [paid.id], user_id: 'fay' },
  })
  t.like(back.body, { status: 'confirmed', refunded_minor: 3_359 })
  await changeEvent(system.url, eventId, 'cancel')
  await untilRefunded(eventId)
  const { status, tickets } = await viewOf(booking)
  t.is(status, 'cancelled')
  t.is(tickets.map((ticket: { status: string }) => ticket.status).join(' '), 'void void')
})

test.after('at the end nothing is open, and the books of all three balance', async (t) => {
  await until('nothing is open', async () => {
    const [open] = await db.query<{ count: number }>(
      `SELECT (SELECT count(*) FROM purchase.payments WHERE next_check_at IS NOT NULL)
            + (SELECT count(*) FROM purchase.refunds WHERE next_check_at IS NOT NULL) AS count`,
    )
    return open?.count === 0
  })
  await until('webhooks have come', async () => {
    const [told] = await db.query<{ webhooks: number }>('SELECT count(*) AS webhooks FROM purchase.provider_inbox')
    return (told?.webhooks ?? 0) > 20
  })
  const [sums] = await db.query(
    `SELECT (SELECT sum(captured_minor - refunded_minor)::bigint FROM purchase.payments WHERE event_id = ANY($1)) AS ours,
       (SELECT sum(amount_minor - refunded_minor)::bigint FROM sandbox.charges WHERE state IN ('captured', 'refunded')
        AND idempotency_key IN (SELECT provider_key FROM purchase.payments WHERE event_id = ANY($1))) AS theirs,
       (SELECT sum(price_minor)::bigint FROM booking.booking_items WHERE live AND event_id = ANY($1)) AS sold`,
    [eventIds],
  )
  t.deepEqual(sums, { ours: 2 * 3_331, theirs: 2 * 3_331, sold: 2 * 3_331 })
})
