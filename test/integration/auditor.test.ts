import test from 'ava'
import { newId } from '#shared/ids.ts'
import { audit } from '../../infra/ops/audit/audit.ts'
import { bookingOf, buyPlaces, holdPlaces } from '../support/buying.ts'
import { forFile } from '../support/for-file.ts'
import { ask, asOrganiser, changeEvent, eventOnSale } from '../support/http.ts'
import { listening } from '../support/listening.ts'
import { openPostgres } from '../support/open-postgres.ts'
import { startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'

const system = forFile(() => startSystem({ env: { RATE_LIMITS: 'off', AUDIT_EVERY_MS: '200' } }))
const db = forFile(async () => openPostgres(system.databaseUrl))

/** Payments are judged once they have rested for some seconds; these have. */
const letRest = () =>
  db.query(`UPDATE purchase.payments SET updated_at = least(updated_at, now() - interval '1 minute')`)

/** What the audit finds violated, and how often: `I1 a seat …`. */
async function violated(): Promise<Map<string, number>> {
  await letRest()
  const { results } = await audit({ databaseUrl: system.databaseUrl, paymentUrl: system.paymentUrl })
  const found = results.filter(({ violations }) => violations > 0)
  return new Map(found.map(({ invariant, says, violations }) => [`${invariant} ${says}`, violations]))
}

test.serial('a system in which people hold, buy, decline, give back and are erased violates nothing', async (t) => {
  const { url } = system
  const areas = [{ name: 'Lawn', capacity: 50, price_minor: 4_000 }]
  const lawn = await eventOnSale(url, { name: 'Summer on the lawn' }, { sections: [], areas })
  await bookingOf(url, lawn, { areas: [{ area: 'Lawn', qty: 2 }] }, 'flo')
  await holdPlaces(url, lawn, { areas: [{ area: 'Lawn', qty: 3 }] }, 'gil')
  const cancelled = await eventOnSale(url)
  await bookingOf(url, cancelled, [0], 'hal')
  await changeEvent(url, cancelled, 'cancel')
  const eventId = await eventOnSale(url)
  await bookingOf(url, eventId, [0, 1], 'ada')
  await bookingOf(url, eventId, [10], 'eve')
  const second = await bookingOf(url, eventId, { best_available: { qty: 3 } }, 'bea')
  const back = await ask(`${url}/bookings/${second.id}/cancel`, { json: { user_id: 'bea' } })
  t.is(back.status, 200, back.text)
  await until('the money of bea is back', async () => {
    return (await ask(`${url}/me?user_id=bea`, { method: 'DELETE' })).status === 204
  })
  t.is((await buyPlaces(url, eventId, [20], 'cat', { token: 'tok_declined' })).status, 402)
  await holdPlaces(url, eventId, [30, 31], 'dan')
  const untilNone = (what: string, sql: string) => until(what, async () => (await db.query(sql)).length === 0)
  await untilNone('all money is back', 'SELECT FROM purchase.event_refunds WHERE finished_at IS NULL')
  await untilNone('all facts are published', 'SELECT FROM booking.outbox WHERE published_at IS NULL LIMIT 1')
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
  for (const id of 'fences I1 I2 I3 I4 I5 I7 I8 I9 I10 I13 I14 I15 I16 I17 I18 I19 I21 I23'.split(' ')) {
    t.regex(metrics, new RegExp(`^invariant_violations{invariant="${id}",instance="auditor-1"} 0$`, 'm'))
  }
  t.is((await ask(`${system.url}/admin/invariants`)).status, 401)
  await auditor.stop()
})

/** A provider whose ledger has two charges a page, each with a refund more as long as `lies` says so. */
function lyingProvider(lies: (look: number) => boolean) {
  let looks = 0
  return listening(async (request, response) => {
    const { searchParams } = new URL(request.url ?? '', system.paymentUrl)
    searchParams.set('limit', '2')
    const { items, next_cursor } = (await ask(`${system.paymentUrl}/ledger?${searchParams}`)).body
    looks += 1
    const more = lies(looks) ? 1 : 0
    for (const charge of items) charge.refunded_minor += more
    response.end(JSON.stringify({ items, next_cursor }))
  })
}

test.serial('a refund between the looks at both ledgers is no disagreement; one that stays is', async (t) => {
  for (const [lies, isFound] of [
    [(look: number) => look === 1, false],
    [() => true, true],
  ] as const) {
    const provider = await lyingProvider(lies)
    const { results } = await audit({ databaseUrl: system.databaseUrl, paymentUrl: provider.url })
    await provider.stop()
    const ledger = results.find(({ invariant }) => invariant === 'I8')
    t.true(ledger?.checked)
    t.is((ledger?.violations ?? 0) > 0, isFound, ledger?.examples.join(' '))
  }
})

test.serial('a ledger that could not be compared is said to be unchecked', async (t) => {
  // Port 9 discards: nobody answers there.
  for (const paymentUrl of ['http://127.0.0.1:9', null]) {
    const { violations, unchecked, results } = await audit({ databaseUrl: system.databaseUrl, paymentUrl })
    t.deepEqual([violations, unchecked], [0, 1])
    t.regex(results.find(({ checked }) => !checked)?.says ?? '', /not compared/)
  }
})

/*
 * Each plants one violation, where needed after taking away the index or constraint that would refuse it. Its title ends with what
 * must be found then, more often than before; `nothing`: it is under way, and no more is found.
 */
const seat = `(SELECT event_id FROM booking.event_seats ORDER BY event_id LIMIT 1)`
const soldItem = `(SELECT id FROM booking.booking_items WHERE live AND seat_no IS NOT NULL ORDER BY id DESC LIMIT 1)`
const unpaid = `(SELECT hold_id FROM booking.bookings WHERE status = 'pending')`
const paid = `(SELECT id FROM purchase.payments WHERE status = 'captured' ORDER BY id LIMIT 1)`
const firstSold = `(SELECT hold_id FROM booking.bookings WHERE status = 'confirmed' ORDER BY id LIMIT 1)`
const validTicket = `(SELECT id FROM booking.tickets WHERE status = 'valid' ORDER BY id LIMIT 1)`
const cancelledTicket = `(SELECT ticket.id FROM booking.tickets AS ticket
  JOIN booking.bookings AS booking ON booking.id = ticket.booking_id WHERE booking.status = 'cancelled' ORDER BY 1 LIMIT 1)`
const admit = (ticket: string, at: string): string => `
INSERT INTO booking.check_ins (event_id, scan_id, ticket_id, gate, outcome, scanned_at, received_at)
  SELECT event_id, '${newId()}', id, 'North', 'admitted', ${at}, ${at} FROM booking.tickets WHERE id = ${ticket}`
const plants = `
-- a ticket that entered before its event was cancelled: nothing${admit(cancelledTicket, `now() - interval '1 hour'`)}
-- a ticket that entered after its event was cancelled: I21 nobody enters with a ticket of a cancelled booking
UPDATE booking.check_ins SET received_at = now() + interval '1 hour'
-- a scan that admitted a ticket which may enter again: I21 a used ticket has been admitted${admit(validTicket, 'now()')}
-- another that is used without a scan: I21 a used ticket has been admitted
UPDATE booking.tickets SET status = 'used' WHERE id = (SELECT max(id::text)::uuid FROM booking.tickets WHERE status = 'valid')
-- a ticket that entered twice: I21 a ticket enters once
DROP INDEX booking.one_admission_per_ticket;${admit(validTicket, 'now()')}
-- an offer that is the hold of somebody else: I17 an offer to a buyer
INSERT INTO booking.waiting_list (event_id, id, user_id, qty, kind, status, hold_id)
  SELECT event_id, '${newId()}', 'gus', 1, 'any', 'offered', id FROM booking.holds WHERE user_id = 'dan'
-- a missing index: fences every unique index
DROP INDEX booking.seat_sold_once
-- an index on other columns: fences every unique index
DROP INDEX booking.one_ticket_per_item;
CREATE UNIQUE INDEX one_ticket_per_item ON booking.tickets (event_id, id) WHERE status <> 'void'
-- an index for other rows: fences every unique index
DROP INDEX booking.one_live_hold_per_buyer;
CREATE UNIQUE INDEX one_live_hold_per_buyer ON booking.holds (event_id, user_id) WHERE status = 'active'
-- a payment that its provider was asked about a moment ago: nothing
UPDATE purchase.payments SET next_check_at = now() + interval '6 seconds' WHERE id = ${paid}
-- a payment that is tried again and again: I7 no payment and no refund stays open
UPDATE purchase.payments SET updated_at = now() - interval '3 minutes' WHERE id = ${paid}
-- a refund that is tried again and again: I7 no payment and no refund stays open
UPDATE purchase.refunds SET next_check_at = now() + interval '6 seconds', updated_at = now() - interval '3 minutes'
  WHERE reason = 'buyer'
-- a late payment of a hold that has ended: nothing
UPDATE booking.event_seats SET state = 'available', hold_id = NULL, held_until = NULL WHERE hold_id = ${unpaid};
UPDATE booking.holds SET status = 'expired', ended_at = now() - interval '1 hour' WHERE id = ${unpaid};
UPDATE booking.bookings SET payment_status = 'processing' WHERE status = 'pending';
UPDATE purchase.payments SET next_check_at = now() WHERE hold_id = ${unpaid}
-- a booking whose payment came to nothing this minute: nothing
UPDATE purchase.payments SET next_check_at = NULL WHERE hold_id = ${unpaid}
-- a booking whose payment came to nothing long ago: I5 no booking stays pending
UPDATE purchase.payments SET updated_at = now() - interval '1 hour' WHERE hold_id = ${unpaid}
-- a large event whose refunds have gone on for an hour: nothing
UPDATE purchase.event_refunds SET started_at = now() - interval '1 hour', finished_at = NULL, next_check_at = now()
-- an event whose refunds do not go on: I7 the refunds of a cancelled event go on
UPDATE purchase.payments SET updated_at = now() - interval '1 hour' WHERE status = 'refunded';
UPDATE purchase.refunds SET updated_at = now() - interval '1 hour' WHERE reason = 'event_cancelled'
-- a sale that is being cancelled: nothing
UPDATE booking.sales SET status = 'cancelled', changed_at = now() WHERE status <> 'cancelled'
-- bookings that were confirmed before their sale got its end: nothing
UPDATE booking.sales SET on_sale_at = NULL, off_sale_at = now() - interval '1 hour'
-- bookings paid after the end of their sale, in the time of holds that were taken before: nothing
UPDATE booking.holds SET created_at = now() - interval '3 hours'
-- a sale that was cancelled by half: I7 no booking of a cancelled sale
UPDATE booking.sales SET changed_at = now() - interval '2 hours'
-- a booking of places that were held after the end of the sale: I23 no booking is confirmed after the end of its sale
UPDATE booking.holds SET created_at = now() - interval '50 minutes' WHERE id = ${firstSold}
-- bookings paid later than their holds may last, after the end of the sale: I23 no booking is confirmed after the end
UPDATE booking.holds SET active_until = created_at, expires_at = created_at, hard_cap_at = created_at
  WHERE status = 'converted'
-- a price that is not what the places cost: I9 the frozen total of a booking
UPDATE booking.hold_items SET price_minor = price_minor - 1 WHERE seat_no = 0
-- a hold without its GA tickets: I3 a live hold whose time is not over holds its GA tickets
UPDATE booking.area_shards SET held = 0;
UPDATE booking.hold_items SET held_until = NULL
-- an area with more places than it says: I4 the counters of an area have as many places
UPDATE booking.areas SET capacity = capacity - 1
-- a seat sold twice: I1 a seat of an event
INSERT INTO booking.booking_items (event_id, id, booking_id, seat_no, price_minor)
  SELECT event_id, '${newId()}', booking_id, seat_no, price_minor FROM booking.booking_items WHERE id = ${soldItem}
-- a missing constraint: fences every constraint
ALTER TABLE booking.event_seats DROP CONSTRAINT sold_names_its_booking
-- a sold seat without a booking: I2 a sold seat has a live item
UPDATE booking.event_seats SET state = 'sold' WHERE event_id = ${seat} AND seat_no = 40
-- a live item of a free seat: I2 a live item of a seat belongs
UPDATE booking.event_seats SET state = 'available', booking_id = NULL WHERE state = 'sold' AND seat_no = 0
-- a live item without a ticket: I2 a live item has exactly one ticket
UPDATE booking.tickets SET status = 'void' WHERE item_id = ${soldItem}
-- a booking that is confirmed without a place: I2 a confirmed booking has live items
UPDATE booking.bookings SET status = 'confirmed', cancelled_for = NULL WHERE status = 'cancelled'
-- a sale that was logged twice: I2 the sale log adds up
INSERT INTO booking.sale_log (event_id, id, what, origin, booking_id, places, amount_minor, request_id)
  SELECT event_id, '${newId()}', what, origin, booking_id, places, amount_minor, request_id FROM booking.sale_log
  WHERE what = 'sold' AND booking_id IN (SELECT booking_id FROM booking.sale_log WHERE what = 'returned')
-- a held seat without a hold: I3 a held seat whose time
UPDATE booking.event_seats SET state = 'held', hold_id = '${newId()}', held_until = now() + interval '1 hour'
  WHERE seat_no = 41
-- a hold without its seats: I3 a live hold whose time is not over holds every seat
UPDATE booking.event_seats SET state = 'available', hold_id = NULL, held_until = NULL WHERE seat_no = 30
-- a counter of an area that lies: I4 the counters of an area are the sums
INSERT INTO booking.areas VALUES (${seat}, 0, 'Floor', 10, 100);
INSERT INTO booking.area_shards (event_id, area_no, shard, capacity, held) VALUES (${seat}, 0, 0, 10, 1)
-- an area beyond its capacity: I4 an area has no more places
ALTER TABLE booking.area_shards DROP CONSTRAINT places_within_capacity;
UPDATE booking.area_shards SET sold = 11
-- a hold that never ends: I5 every hold ends
INSERT INTO booking.holds (event_id, id, user_id, active_until, expires_at, hard_cap_at)
  VALUES (${seat}, '${newId()}', 'forgotten', now() - interval '1 hour', now() - interval '1 hour', now())
-- more tickets than allowed: I13 live tickets
UPDATE booking.sales SET max_tickets_per_user = 1
-- money for nothing: I7 at rest, what was captured
UPDATE booking.booking_items SET live = false
-- tickets for nothing: I7 every live item is paid for
UPDATE booking.bookings SET status = 'confirmed', confirmed_at = now() WHERE status = 'pending'
-- a total that moved after it was paid: I9 refunded is at most captured
UPDATE booking.bookings SET total_minor = total_minor + 1 WHERE captured_minor > 0
-- a refund that the booking does not know: I9 what a booking says is refunded
UPDATE booking.bookings SET refunded_minor = 0 WHERE refunded_minor > 0
-- a booking paid twice: I10 a booking has at most one payment
DROP INDEX purchase.one_live_payment;
INSERT INTO purchase.payments (id, status, event_id, hold_id, user_id, idempotency_key, provider_key, booking_id,
  attempt, amount_minor, currency, captured_minor)
  SELECT '${newId()}', status, event_id, hold_id, user_id, 'again', 'again', booking_id, attempt + 1, amount_minor,
  currency, captured_minor FROM purchase.payments WHERE status = 'captured' LIMIT 1
-- a cent that only the provider has: I8 our payments at rest
UPDATE sandbox.charges SET amount_minor = amount_minor + 1 WHERE state = 'captured'
-- a key with two charges: I8 our payments at rest
ALTER TABLE sandbox.charges DROP CONSTRAINT charges_idempotency_key_key;
INSERT INTO sandbox.charges (id, idempotency_key, request_hash, amount_minor, currency, state, decline_code)
  SELECT '${newId()}', idempotency_key, request_hash, amount_minor, currency, state, decline_code
  FROM sandbox.charges WHERE state = 'declined' LIMIT 1
-- money that only we know of: I8 our payments at rest
UPDATE sandbox.charges SET idempotency_key = 'lost ' || id WHERE state = 'refunded'
-- somebody who waits, and a sale that does not know: I17 a sale keeps places
INSERT INTO booking.waiting_list (event_id, id, user_id, qty, kind) VALUES (${seat}, '${newId()}', 'hal', 1, 'any')
-- somebody who waits although the event is cancelled: I17 no entry of a waiting list
INSERT INTO booking.waiting_list (event_id, id, user_id, qty, kind) VALUES (${seat}, '${newId()}', 'ian', 1, 'any')
-- a fact that is never told: I18 every fact
UPDATE booking.outbox SET published_at = NULL, created_at = now() - interval '1 hour'`

test.serial('each violation that is planted is found', async (t) => {
  // The workers would put some of these right.
  await Promise.all([...system.processes('booking'), ...system.processes('purchase')].map((worker) => worker.stop()))
  let before = await violated()
  for (const plant of plants.split('\n-- ').slice(1)) {
    const [title = '', ...sql] = plant.split('\n')
    for (const statement of sql.join('\n').split(';')) await db.query(statement)
    const after = await violated()
    const sentence = title.slice(title.lastIndexOf(': ') + 2)
    if (sentence === 'nothing') t.deepEqual(after, before, title)
    else {
      const [says, times] = [...after].find(([each]) => each.startsWith(sentence)) ?? ['', 0]
      t.true(times > (before.get(says) ?? 0), `${title}: not in ${[...after.keys()].join('; ')}`)
    }
    before = after
  }
})
