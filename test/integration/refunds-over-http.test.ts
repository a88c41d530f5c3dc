import { randomUUID } from 'node:crypto'
import test from 'ava'
import { refundEvent } from '#shared/contracts/purchase.ts'
import { Bus } from '#shared/messaging/bus.ts'
import { askWorker } from '../support/asking.ts'
import { daysFromToday } from '../support/catalogue.ts'
import { forFile } from '../support/for-file.ts'
import { type Answer, ask, eventOnSale, type TestEvent } from '../support/http.ts'
import { openPostgres } from '../support/open-postgres.ts'
import { sharedSystem } from '../support/shared-systems.ts'
import { organiserKey } from '../support/system.ts'
import { until } from '../support/until.ts'

/* Nothing is scripted here: gateway, all workers and the payment sandbox. */

const system = sharedSystem()
const bus = forFile(() => Bus.connect({ url: system.natsUrls.operator, name: 'test', timeoutMs: 5_000 }))
const db = forFile(async () => openPostgres(system.databaseUrl))

const eventIds: string[] = []

async function openEvent(options: TestEvent): Promise<string> {
  const eventId = await eventOnSale(system.url, options)
  eventIds.push(eventId)
  return eventId
}

const asOrganiser = { authorization: `Bearer ${organiserKey}` }

const buy = (eventId: string, userId: string, { qty = 1, token = 'tok_ok' } = {}): Promise<Answer> =>
  ask(`${system.url}/purchase`, {
    headers: { 'idempotency-key': randomUUID() },
    json: { event_id: eventId, best_available: { qty }, payment_token: token, user_id: userId },
  })

const bookingOf = async (id: string, userId: string) =>
  (await ask(`${system.url}/bookings/${id}?user_id=${userId}`)).body

async function chargeOf(amountMinor: number) {
  const { body } = await ask(`${system.paymentUrl}/ledger?limit=1000`)
  return body.items.find((charge: { amount_minor: number }) => charge.amount_minor === amountMinor)
}

test.serial('an organiser refunds a ticket, then the rest; the seats are for sale again', async (t) => {
  const eventId = await openEvent({ priceMinor: 3_331, rows: 1, seatsPerRow: 2 })
  const { status, body: booking } = await buy(eventId, 'ada', { qty: 2 })
  t.is(status, 201)
  const refund = (json: object, key = randomUUID()) =>
    ask(`${system.url}/admin/bookings/${booking.id}/refund`, {
      headers: { ...asOrganiser, 'idempotency-key': key },
      json,
    })
  const part = await refund({ ticket_ids: [booking.tickets[0].id] })
  t.is(part.status, 200, part.text)
  t.like(part.body, { status: 'confirmed', refunded_minor: 3_331 })
  t.like(await chargeOf(6_662), { state: 'captured', refunded_minor: 3_331 })
  const key = randomUUID()
  const rest = await refund({}, key)
  t.like(rest.body, { status: 'cancelled', cancelled_for: 'organiser', refunded_minor: 6_662 })
  t.is((await refund({}, key)).text, rest.text)
  t.is((await refund({})).body.code, 'not_cancellable')
  t.like(await chargeOf(6_662), { state: 'refunded', refunded_minor: 6_662 })
  t.is((await buy(eventId, 'bob', { qty: 2 })).status, 201)
})

test.serial('a ticket that is named twice is a mistake of the request, and nothing is given back', async (t) => {
  const eventId = await openEvent({ priceMinor: 3_361, rows: 1, seatsPerRow: 2 })
  const { body: booking } = await buy(eventId, 'eva')
  const ticket = booking.tickets[0].id
  for (const [path, headers, user] of [
    [`/bookings/${booking.id}/cancel`, {}, { user_id: 'eva' }],
    [`/admin/bookings/${booking.id}/refund`, asOrganiser, {}],
  ] as const) {
    const refused = await ask(system.url + path, {
      headers: { ...headers, 'idempotency-key': randomUUID() },
      json: { ticket_ids: [ticket, ticket], ...user },
    })
    t.is(refused.status, 400, refused.text)
    t.deepEqual(refused.body.errors, [{ pointer: '/ticket_ids', detail: 'ticket_ids must not name a ticket twice.' }])
  }
  t.like(await bookingOf(booking.id, 'eva'), { refund_due_minor: 0, refunded_minor: 0 })
  await ask(`${system.url}/bookings/${booking.id}/cancel`, { json: { ticket_ids: [ticket], user_id: 'eva' } })
  await until('it is given back', async () => (await bookingOf(booking.id, 'eva')).payment.status === 'refunded')
})

test.serial('places at the highest price are bought and refunded together: a price has a limit, no sum', async (t) => {
  const priceMinor = 1_000_000_000_000
  const eventId = await openEvent({ priceMinor })
  const total = 10 * priceMinor
  const { body: hold } = await ask(`${system.url}/events/${eventId}/holds`, {
    json: { best_available: { qty: 10 }, user_id: 'croesus' },
  })
  t.is(hold.total_minor, total)
  const bought = await ask(`${system.url}/purchase`, {
    headers: { 'idempotency-key': randomUUID() },
    json: {
      hold_id: hold.id,
      payment_token: 'tok_ok',
      expected_total_minor: total,
      currency: hold.currency,
      user_id: 'croesus',
    },
  })
  t.like(bought, { status: 201, body: { payment: { captured_minor: total } } }, bought.text)
  const refunded = await ask(`${system.url}/admin/bookings/${bought.body.id}/refund`, {
    method: 'POST',
    headers: { ...asOrganiser, 'idempotency-key': randomUUID() },
  })
  t.true([200, 202].includes(refunded.status), refunded.text)
  await until('the money is back', async () => (await bookingOf(bought.body.id, 'croesus')).refunded_minor === total)
})

test.serial('all bookings of a cancelled event are refunded', async (t) => {
  const eventId = await openEvent({ priceMinor: 3_347, rows: 2, seatsPerRow: 10 })
  const buyers = Array.from({ length: 8 }, (_, index) => `guest-of-${index}`)
  const bought = await Promise.all(buyers.map((userId) => buy(eventId, userId)))
  t.true(bought.every(({ status }) => status === 201))
  await askWorker(bus, refundEvent, { event_id: eventId })
  const progress = () => ask(`${system.url}/admin/events/${eventId}/refunds`, { headers: asOrganiser })
  await until('all are refunded', async () => (await progress()).body.status === 'done')
  t.like((await progress()).body, { bookings: 8, refunded: 8, refunded_minor: 8 * 3_347 })
  for (const [index, { body }] of bought.entries()) {
    t.like(await bookingOf(body.id, buyers[index] ?? ''), { status: 'cancelled', cancelled_for: 'event_cancelled' })
  }
})

test.serial('of a cancelled event no ticket stays valid, not even a free one beside a refunded one', async (t) => {
  const created = await ask(`${system.url}/admin/events`, {
    headers: asOrganiser,
    json: {
      name: 'Half of it free',
      venue: { name: 'Berlin Hall', city: 'Berlin', country: 'DE', tz: 'Europe/Berlin' },
      starts_on: daysFromToday(30),
      starts_at_local: '20:00',
      sections: [
        { name: 'Stalls', rows: 1, seats_per_row: 1, price_minor: 3_359 },
        { name: 'Balcony', rows: 1, seats_per_row: 1, price_minor: 0 },
      ],
    },
  })
  const eventId = created.body.id
  eventIds.push(eventId)
  const act = (action: string) =>
    ask(`${system.url}/admin/events/${eventId}/${action}`, { method: 'POST', headers: asOrganiser })
  await act('publish')
  const bought = await ask(`${system.url}/purchase`, {
    json: { event_id: eventId, seat_nos: [0, 1], payment_token: 'tok_ok', user_id: 'fay' },
  })
  t.is(bought.status, 201, bought.text)
  const paid = bought.body.tickets.find(({ seat_no }: { seat_no: number }) => seat_no === 0)
  const back = await ask(`${system.url}/bookings/${bought.body.id}/cancel`, {
    json: { ticket_ids: [paid.id], user_id: 'fay' },
  })
  t.like(back.body, { status: 'confirmed', refunded_minor: 3_359 })
  t.is((await act('cancel')).status, 200)
  const progress = () => ask(`${system.url}/admin/events/${eventId}/refunds`, { headers: asOrganiser })
  await until('all are refunded', async () => (await progress()).body.status === 'done')
  const { status, tickets } = await bookingOf(bought.body.id, 'fay')
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
  const [told] = await db.query<{ webhooks: number }>('SELECT count(*) AS webhooks FROM purchase.provider_inbox')
  t.true((told?.webhooks ?? 0) > 20)
  const [sums] = await db.query(
    `SELECT (SELECT sum(captured_minor - refunded_minor)::bigint FROM purchase.payments WHERE event_id = ANY($1)) AS ours,
       (SELECT sum(amount_minor - refunded_minor)::bigint FROM sandbox.charges WHERE state IN ('captured', 'refunded')
        AND idempotency_key IN (SELECT provider_key FROM purchase.payments WHERE event_id = ANY($1))) AS theirs,
       (SELECT sum(price_minor)::bigint FROM booking.booking_items WHERE live AND event_id = ANY($1)) AS sold`,
    [eventIds],
  )
  t.deepEqual(sums, { ours: 2 * 3_331, theirs: 2 * 3_331, sold: 2 * 3_331 })
})
