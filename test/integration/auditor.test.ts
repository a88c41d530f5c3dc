import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import test from 'ava'
import { newId } from '#shared/ids.ts'
import { audit } from '../../infra/audit/audit.ts'
import { daysFromToday } from '../support/catalogue.ts'
import { forFile } from '../support/for-file.ts'
import { ask, eventOnSale } from '../support/http.ts'
import { openPostgres } from '../support/open-postgres.ts'
import { organiserKey, startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

const system = forFile(() => startSystem({ env: { RATE_LIMITS: 'off', AUDIT_EVERY_MS: '200' } }))
const db = forFile(async () => openPostgres(system.databaseUrl))

/** Payments are judged once they have rested for some seconds; these have. */
const letRest = () =>
  db.query(`UPDATE purchase.payments SET updated_at = least(updated_at, now() - interval '1 minute')`)

const asOrganiser = { authorization: `Bearer ${organiserKey}` }

/** What the audit finds violated, and how often: `I1 a seat …`. */
async function violated(): Promise<Map<string, number>> {
  await letRest()
  const { results } = await audit({ databaseUrl: system.databaseUrl, paymentUrl: system.paymentUrl })
  const found = results.filter(({ violations }) => violations > 0)
  return new Map(found.map(({ invariant, says, violations }) => [`${invariant} ${says}`, violations]))
}

async function buy(eventId: string, userId: string, wish: object): Promise<{ id: string }> {
  const { status, body, text } = await ask(`${system.url}/purchase`, {
    json: { event_id: eventId, ...wish, payment_token: 'tok_ok', user_id: userId },
  })
  if (status !== 201) throw new Error(text)
  return body
}

/** An event that sells nothing but places on its lawn. */
async function standingEvent(): Promise<string> {
  const created = await ask(`${system.url}/admin/events`, {
    headers: asOrganiser,
    json: {
      name: 'Summer on the lawn',
      venue: { name: 'Park', city: 'Berlin', country: 'DE', tz: 'Europe/Berlin' },
      starts_on: daysFromToday(30),
      starts_at_local: '20:00',
      areas: [{ name: 'Lawn', capacity: 50, price_minor: 4_000 }],
    },
  })
  if (created.status !== 201) throw new Error(created.text)
  await changeEvent(created.body.id, 'publish')
  return created.body.id
}

async function changeEvent(eventId: string, action: 'publish' | 'cancel'): Promise<void> {
  const changed = await ask(`${system.url}/admin/events/${eventId}/${action}`, { method: 'POST', headers: asOrganiser })
  if (changed.status !== 200) throw new Error(changed.text)
}

test.serial('a system in which people hold, buy, decline and give back violates nothing', async (t) => {
  const lawn = await standingEvent()
  await buy(lawn, 'flo', { areas: [{ area: 'Lawn', qty: 2 }] })
  await ask(`${system.url}/events/${lawn}/holds`, { json: { areas: [{ area: 'Lawn', qty: 3 }], user_id: 'gil' } })
  const cancelled = await eventOnSale(system.url)
  await buy(cancelled, 'hal', { seat_nos: [0] })
  await changeEvent(cancelled, 'cancel')
  const eventId = await eventOnSale(system.url)
  await buy(eventId, 'ada', { seat_nos: [0, 1] })
  await buy(eventId, 'eve', { seat_nos: [10] })
  const second = await buy(eventId, 'bea', { best_available: { qty: 3 } })
  const back = await ask(`${system.url}/bookings/${second.id}/cancel`, { json: { user_id: 'bea' } })
  t.is(back.status, 200, back.text)
  const declined = await ask(`${system.url}/purchase`, {
    json: { event_id: eventId, seat_nos: [20], payment_token: 'tok_declined', user_id: 'cat' },
  })
  t.is(declined.status, 402)
  await ask(`${system.url}/events/${eventId}/holds`, { json: { seat_nos: [30, 31], user_id: 'dan' } })
  await until('all money is back', async () => {
    const [running] = await db.query('SELECT FROM purchase.event_refunds WHERE finished_at IS NULL')
    return running === undefined
  })
  await until('all facts are published', async () => {
    const [waiting] = await db.query('SELECT FROM booking.outbox WHERE published_at IS NULL LIMIT 1')
    return waiting === undefined
  })
  t.deepEqual(await violated(), new Map())
})

test.serial('the auditor itself can change nothing', async (t) => {
  await t.throwsAsync(
    () =>
      db.transaction(async (own) => {
        await own.query('SET LOCAL ROLE ticketing_auditor')
        await own.query('DELETE FROM booking.sale_log')
      }),
    { message: /permission denied/ },
  )
})

test.serial('the process tells organisers and Prometheus the same', async (t) => {
  const auditor = await system.start('audit')
  const view = () => ask(`${system.url}/admin/invariants`, { headers: asOrganiser })
  await until('the first audit is through', async () => (await view()).body.checked_at !== null)
  const { body } = await view()
  t.is(body.violations, 0)
  t.true(body.items.length > 15)
  const metrics = (await ask(auditor.metricsUrl)).text
  for (const id of [
    'fences',
    'I1',
    'I2',
    'I3',
    'I4',
    'I5',
    'I7',
    'I8',
    'I9',
    'I10',
    'I13',
    'I14',
    'I15',
    'I16',
    'I17',
    'I18',
    'I19',
    'I23',
  ]) {
    t.regex(metrics, new RegExp(`^invariant_violations{invariant="${id}",instance="auditor-1"} 0$`, 'm'))
  }
  t.is((await ask(`${system.url}/admin/invariants`)).status, 401)
  await auditor.stop()
})

/** A provider whose ledger has two charges a page, each with a refund more as long as `lies` says so. Answers its base URL. */
async function lyingProvider(lies: (look: number) => boolean): Promise<{ url: string; stop(): void }> {
  let looks = 0
  const server = createServer(async (request, response) => {
    const { searchParams } = new URL(request.url ?? '', system.paymentUrl)
    searchParams.set('limit', '2')
    const { items, next_cursor } = (await ask(`${system.paymentUrl}/ledger?${searchParams}`)).body
    looks += 1
    const more = lies(looks) ? 1 : 0
    const told = items.map((charge: { refunded_minor: number }) => ({
      ...charge,
      refunded_minor: charge.refunded_minor + more,
    }))
    response.end(JSON.stringify({ items: told, next_cursor }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}

test.serial(
  'a refund between the looks at both ledgers is no disagreement; one that stays is',
  async (t) => {
    for (const [lies, isFound] of [
      [(look: number) => look === 1, false],
      [() => true, true],
    ] as const) {
      const provider = await lyingProvider(lies)
      const { results } = await audit({ databaseUrl: system.databaseUrl, paymentUrl: provider.url })
      provider.stop()
      const ledger = results.find(({ invariant }) => invariant === 'I8')
      t.true(ledger?.checked)
      t.is((ledger?.violations ?? 0) > 0, isFound, ledger?.examples.join(' '))
    }
  },
)

test.serial('a ledger that could not be compared is said to be unchecked', async (t) => {
  // Port 9 discards: nobody answers there.
  for (const paymentUrl of ['http://127.0.0.1:9', null]) {
    const { violations, unchecked, results } = await audit({ databaseUrl: system.databaseUrl, paymentUrl })
    t.deepEqual([violations, unchecked], [0, 1])
    t.regex(results.find(({ checked }) => !checked)?.says ?? '', /not compared/)
  }
})

/*
 * Each plants one violation, where needed after taking away the index or constraint that would refuse it, and names what
 * must be found then, more often than before. Null: it is under way, and no more is found than before.
 */
const seat = `(SELECT event_id FROM booking.event_seats LIMIT 1)`
const soldItem = `(SELECT id FROM booking.booking_items WHERE live AND seat_no IS NOT NULL ORDER BY id DESC LIMIT 1)`
const unpaid = `(SELECT hold_id FROM booking.bookings WHERE status = 'pending')`
const paid = `(SELECT id FROM purchase.payments WHERE status = 'captured' ORDER BY id LIMIT 1)`
const firstSold = `(SELECT hold_id FROM booking.bookings WHERE status = 'confirmed' ORDER BY id LIMIT 1)`
const someoneWaits = (userId: string): string =>
  `INSERT INTO booking.waiting_list (event_id, id, user_id, qty, kind) VALUES (${seat}, '${newId()}', '${userId}', 1, 'any')`
const plants: readonly [title: string, sql: readonly string[], found: RegExp | null][] = [
  [
    'an offer that is the hold of somebody else',
    [
      `INSERT INTO booking.waiting_list (event_id, id, user_id, qty, kind, status, hold_id)
       SELECT event_id, '${newId()}', 'gus', 1, 'any', 'offered', id FROM booking.holds WHERE user_id = 'dan'`,
    ],
    /^I17 an offer to a buyer/,
  ],
  ['a missing index', ['DROP INDEX booking.seat_sold_once'], /^fences every unique index/],
  [
    'an index on other columns',
    [
      'DROP INDEX booking.one_ticket_per_item',
      `CREATE UNIQUE INDEX one_ticket_per_item ON booking.tickets (event_id, id) WHERE status <> 'void'`,
    ],
    /^fences every unique index/,
  ],
  [
    'an index for other rows',
    [
      'DROP INDEX booking.one_live_hold_per_buyer',
      `CREATE UNIQUE INDEX one_live_hold_per_buyer ON booking.holds (event_id, user_id) WHERE status = 'active'`,
    ],
    /^fences every unique index/,
  ],
  [
    'a payment that its provider was asked about a moment ago',
    [`UPDATE purchase.payments SET next_check_at = now() + interval '6 seconds' WHERE id = ${paid}`],
    null,
  ],
  [
    'a payment that is tried again and again',
    [`UPDATE purchase.payments SET updated_at = now() - interval '3 minutes' WHERE id = ${paid}`],
    /^I7 no payment and no refund stays open/,
  ],
  [
    'a refund that is tried again and again',
    [
      `UPDATE purchase.refunds SET next_check_at = now() + interval '6 seconds', updated_at = now() - interval '3 minutes'
       WHERE reason = 'buyer'`,
    ],
    /^I7 no payment and no refund stays open/,
  ],
  [
    'a late payment of a hold that has ended',
    [
      `UPDATE booking.event_seats SET state = 'available', hold_id = NULL, held_until = NULL WHERE hold_id = ${unpaid}`,
      `UPDATE booking.holds SET status = 'expired', ended_at = now() - interval '1 hour' WHERE id = ${unpaid}`,
      `UPDATE booking.bookings SET payment_status = 'processing' WHERE status = 'pending'`,
      `UPDATE purchase.payments SET next_check_at = now() WHERE hold_id = ${unpaid}`,
    ],
    null,
  ],
  [
    'a booking whose payment came to nothing this minute',
    [`UPDATE purchase.payments SET next_check_at = NULL WHERE hold_id = ${unpaid}`],
    null,
  ],
  [
    'a booking whose payment came to nothing long ago',
    [`UPDATE purchase.payments SET updated_at = now() - interval '1 hour' WHERE hold_id = ${unpaid}`],
    /^I5 no booking stays pending/,
  ],
  [
    'a large event whose refunds have gone on for an hour',
    [
      `UPDATE purchase.event_refunds SET started_at = now() - interval '1 hour', finished_at = NULL, next_check_at = now()`,
    ],
    null,
  ],
  [
    'an event whose refunds do not go on',
    [
      `UPDATE purchase.payments SET updated_at = now() - interval '1 hour' WHERE status = 'refunded'`,
      `UPDATE purchase.refunds SET updated_at = now() - interval '1 hour' WHERE reason = 'event_cancelled'`,
    ],
    /^I7 the refunds of a cancelled event go on/,
  ],
  [
    'a sale that is being cancelled',
    [`UPDATE booking.sales SET status = 'cancelled', changed_at = now() WHERE status <> 'cancelled'`],
    null,
  ],
  [
    'bookings that were confirmed before their sale got its end',
    [`UPDATE booking.sales SET on_sale_at = NULL, off_sale_at = now() - interval '1 hour'`],
    null,
  ],
  [
    'bookings paid after the end of their sale, in the time of holds that were taken before',
    [`UPDATE booking.holds SET created_at = now() - interval '3 hours'`],
    null,
  ],
  [
    'a sale that was cancelled by half',
    [`UPDATE booking.sales SET changed_at = now() - interval '2 hours'`],
    /^I7 no booking of a cancelled sale/,
  ],
  [
    'a booking of places that were held after the end of the sale',
    [`UPDATE booking.holds SET created_at = now() - interval '50 minutes' WHERE id = ${firstSold}`],
    /^I23 no booking is confirmed after the end of its sale/,
  ],
  [
    'bookings paid later than their holds may last, after the end of the sale',
    [
      `UPDATE booking.holds SET active_until = created_at, expires_at = created_at, hard_cap_at = created_at
       WHERE status = 'converted'`,
    ],
    /^I23 no booking is confirmed after the end of its sale/,
  ],
  [
    'a price that is not what the places cost',
    [`UPDATE booking.hold_items SET price_minor = price_minor - 1 WHERE seat_no = 0`],
    /^I9 the frozen total of a booking/,
  ],
  [
    'a hold without its standing places',
    [`UPDATE booking.area_shards SET held = 0`, `UPDATE booking.hold_items SET held_until = NULL`],
    /^I3 a live hold whose time is not over holds its standing places/,
  ],
  [
    'an area with more places than it says',
    [`UPDATE booking.areas SET capacity = capacity - 1`],
    /^I4 the counters of an area have as many places/,
  ],
  [
    'a seat sold twice',
    [
      `INSERT INTO booking.booking_items (event_id, id, booking_id, seat_no, price_minor)
       SELECT event_id, '${newId()}', booking_id, seat_no, price_minor FROM booking.booking_items WHERE id = ${soldItem}`,
    ],
    /^I1 a seat of an event/,
  ],
  [
    'a missing constraint',
    ['ALTER TABLE booking.event_seats DROP CONSTRAINT sold_names_its_booking'],
    /^fences every constraint/,
  ],
  [
    'a sold seat without a booking',
    [`UPDATE booking.event_seats SET state = 'sold' WHERE event_id = ${seat} AND seat_no = 40`],
    /^I2 a sold seat has a live item/,
  ],
  [
    'a live item of a free seat',
    [`UPDATE booking.event_seats SET state = 'available', booking_id = NULL WHERE state = 'sold' AND seat_no = 0`],
    /^I2 a live item of a seat belongs/,
  ],
  [
    'a live item without a ticket',
    [`UPDATE booking.tickets SET status = 'void' WHERE item_id = ${soldItem}`],
    /^I2 a live item has exactly one ticket/,
  ],
  [
    'a booking that is confirmed without a place',
    [`UPDATE booking.bookings SET status = 'confirmed', cancelled_for = NULL WHERE status = 'cancelled'`],
    /^I2 a confirmed booking has live items/,
  ],
  [
    'a sale that was logged twice',
    [
      `INSERT INTO booking.sale_log (event_id, id, what, origin, booking_id, places, amount_minor, request_id)
       SELECT event_id, '${newId()}', what, origin, booking_id, places, amount_minor, request_id FROM booking.sale_log
       WHERE what = 'sold' AND booking_id IN (SELECT booking_id FROM booking.sale_log WHERE what = 'returned')`,
    ],
    /^I2 the sale log adds up/,
  ],
  [
    'a held seat without a hold',
    [
      `UPDATE booking.event_seats SET state = 'held', hold_id = '${newId()}', held_until = now() + interval '1 hour'
       WHERE seat_no = 41`,
    ],
    /^I3 a held seat whose time/,
  ],
  [
    'a hold without its seats',
    [`UPDATE booking.event_seats SET state = 'available', hold_id = NULL, held_until = NULL WHERE seat_no = 30`],
    /^I3 a live hold whose time is not over holds every seat/,
  ],
  [
    'a counter of an area that lies',
    [
      `INSERT INTO booking.areas VALUES (${seat}, 0, 'Floor', 10, 100)`,
      `INSERT INTO booking.area_shards (event_id, area_no, shard, capacity, held) VALUES (${seat}, 0, 0, 10, 1)`,
    ],
    /^I4 the counters of an area are the sums/,
  ],
  [
    'an area beyond its capacity',
    [
      'ALTER TABLE booking.area_shards DROP CONSTRAINT places_within_capacity',
      'UPDATE booking.area_shards SET sold = 11',
    ],
    /^I4 an area has no more places/,
  ],
  [
    'a hold that never ends',
    [
      `INSERT INTO booking.holds (event_id, id, user_id, active_until, expires_at, hard_cap_at)
       VALUES (${seat}, '${newId()}', 'forgotten', now() - interval '1 hour', now() - interval '1 hour', now())`,
    ],
    /^I5 every hold ends/,
  ],
  ['more tickets than allowed', ['UPDATE booking.sales SET max_tickets_per_user = 1'], /^I13 live tickets/],
  ['money for nothing', ['UPDATE booking.booking_items SET live = false'], /^I7 at rest, what was captured/],
  [
    'tickets for nothing',
    [`UPDATE booking.bookings SET status = 'confirmed', confirmed_at = now() WHERE status = 'pending'`],
    /^I7 every live item is paid for/,
  ],
  [
    'a total that moved after it was paid',
    [`UPDATE booking.bookings SET total_minor = total_minor + 1 WHERE captured_minor > 0`],
    /^I9 refunded is at most captured/,
  ],
  [
    'a refund that the booking does not know',
    [`UPDATE booking.bookings SET refunded_minor = 0 WHERE refunded_minor > 0`],
    /^I9 what a booking says is refunded/,
  ],
  [
    'a booking paid twice',
    [
      'DROP INDEX purchase.one_live_payment',
      `INSERT INTO purchase.payments (id, status, event_id, hold_id, user_id, idempotency_key, provider_key, booking_id,
         attempt, amount_minor, currency, captured_minor)
       SELECT '${newId()}', status, event_id, hold_id, user_id, 'again', 'again', booking_id, attempt + 1, amount_minor,
         currency, captured_minor FROM purchase.payments WHERE status = 'captured' LIMIT 1`,
    ],
    /^I10 a booking has at most one payment/,
  ],
  [
    'a cent that only the provider has',
    [`UPDATE sandbox.charges SET amount_minor = amount_minor + 1 WHERE state = 'captured'`],
    /^I8 our payments at rest/,
  ],
  [
    'a key with two charges',
    [
      'ALTER TABLE sandbox.charges DROP CONSTRAINT charges_idempotency_key_key',
      `INSERT INTO sandbox.charges (id, idempotency_key, request_hash, amount_minor, currency, state, decline_code)
       SELECT '${newId()}', idempotency_key, request_hash, amount_minor, currency, state, decline_code
       FROM sandbox.charges WHERE state = 'declined' LIMIT 1`,
    ],
    /^I8 our payments at rest/,
  ],
  [
    'money that only we know of',
    [`UPDATE sandbox.charges SET idempotency_key = 'lost ' || id WHERE state = 'refunded'`],
    /^I8 our payments at rest/,
  ],
  ['somebody who waits, and a sale that does not know', [someoneWaits('hal')], /^I17 a sale keeps places/],
  ['somebody who waits although the event is cancelled', [someoneWaits('ian')], /^I17 no entry of a waiting list/],
  [
    'a fact that is never told',
    [`UPDATE booking.outbox SET published_at = NULL, created_at = now() - interval '1 hour'`],
    /^I18 every fact/,
  ],
]

test.serial('each violation that is planted is found', async (t) => {
  // The workers would put some of these right.
  await Promise.all([...system.processes('booking'), ...system.processes('purchase')].map((worker) => worker.stop()))
  let before = await violated()
  for (const [title, statements, sentence] of plants) {
    for (const sql of statements) await db.query(sql)
    const after = await violated()
    if (sentence === null) {
      t.deepEqual(after, before, title)
      continue
    }
    const found = [...after].find(([says]) => sentence.test(says))
    t.true(
      found !== undefined && found[1] > (before.get(found[0]) ?? 0),
      `${title}: not in ${[...after.keys()].join('; ')}`,
    )
    before = after
  }
})
