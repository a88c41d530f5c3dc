import test from 'ava'
import { publicId } from '#shared/ids.ts'
import { createTestDatabase } from '../support/database.ts'
import { forFile } from '../support/for-file.ts'
import { listening } from '../support/listening.ts'
import { openPostgres } from '../support/open-postgres.ts'
import { type FindingLine, type Findings, lineOf, runChecks } from './checks/all-checks.ts'
import { type AnswerBody, type Entry, History } from './history.ts'
import { Watchers } from './watchers.ts'

/*
 * The positive control: a truth that both sides tell alike is green, and each lie in it turns its line red.
 */

const eventId = '01980000-0000-7000-8000-000000000001'
const holdId = '01980000-0000-7000-8000-000000000002'
const bookingId = '01980000-0000-7000-8000-000000000003'
const itemIds = ['01980000-0000-7000-8000-000000000004', '01980000-0000-7000-8000-000000000005']
const ticketIds = ['01980000-0000-7000-8000-000000000006', '01980000-0000-7000-8000-000000000007']
const paymentId = '01980000-0000-7000-8000-000000000008'

const database = forFile(() => createTestDatabase())
const postgres = forFile(async () => openPostgres(database.url, { maxConnections: 1 }))

test.beforeEach(async () => {
  await postgres.query('TRUNCATE booking.sales, booking.holds, purchase.payments CASCADE')
  await sellTwoSeats()
})

/** Seats 0 and 1 of one event, sold to one buyer for 50.00 each; seat 2 is free. */
async function sellTwoSeats(): Promise<void> {
  const sql = `
    INSERT INTO booking.sales (event_id, version, status, hold_ttl, hold_hard_cap, max_tickets_per_user, currency)
    VALUES ('${eventId}', 1, 'on_sale', '2 s', '30 minutes', 8, 'EUR');
    INSERT INTO booking.event_rows (event_id, row_no, section, label, first_seat_no, seat_count)
    VALUES ('${eventId}', 0, 'Stalls', 'A', 0, 3);
    INSERT INTO booking.event_seats (event_id, seat_no, row_no, label, price_minor, state, booking_id)
    SELECT '${eventId}', no, 0, no + 1, 5000, 'sold', '${bookingId}' FROM generate_series(0, 1) AS no;
    INSERT INTO booking.event_seats (event_id, seat_no, row_no, label, price_minor) VALUES ('${eventId}', 2, 0, 3, 5000);
    INSERT INTO booking.holds (event_id, id, user_id, status, active_until, expires_at, hard_cap_at, ended_at)
    VALUES ('${eventId}', '${holdId}', 'ann', 'converted', now(), now(), now() + interval '30 minutes', now());
    INSERT INTO booking.bookings (event_id, id, user_id, hold_id, status, total_minor, currency, confirmed_at,
      payment_status, captured_minor)
    VALUES ('${eventId}', '${bookingId}', 'ann', '${holdId}', 'confirmed', 10000, 'EUR', now(), 'captured', 10000);
    INSERT INTO booking.booking_items (event_id, id, booking_id, seat_no, price_minor)
    SELECT '${eventId}', id, '${bookingId}', no - 1, 5000 FROM unnest('{${itemIds}}'::uuid[]) WITH ORDINALITY AS item (id, no);
    INSERT INTO booking.tickets (event_id, id, booking_id, item_id)
    SELECT '${eventId}', id, '${bookingId}', item FROM unnest('{${ticketIds}}'::uuid[], '{${itemIds}}'::uuid[]) AS one (id, item);
    INSERT INTO purchase.payments (id, status, event_id, hold_id, user_id, idempotency_key, provider_key, booking_id,
      attempt, amount_minor, currency, captured_minor)
    VALUES ('${paymentId}', 'captured', '${eventId}', '${holdId}', 'ann', 'key-1', 'charge-1', '${bookingId}', 1, 10000,
      'EUR', 10000)`
  for (const statement of sql.split(';')) await postgres.query(statement)
}

const booking: AnswerBody = {
  id: publicId({ eventId, ownId: bookingId }),
  total_minor: 10_000,
  places: [{ seat_no: 0 }, { seat_no: 1 }],
  tickets: ticketIds.map((id) => ({ id: publicId({ eventId, ownId: id }), status: 'valid' })),
}

const entry = (given: Partial<Entry>): Entry => ({
  operation: 'purchase',
  userId: 'ann',
  method: 'POST',
  path: '/purchase',
  key: 'key-1',
  gateway: 0,
  beganAt: 0,
  endedAt: 1,
  outcome: { kind: 'answer', status: 201, text: JSON.stringify(booking), body: booking },
  ...given,
})

const refusal = (status: number, code: string): Entry['outcome'] => ({
  kind: 'answer',
  status,
  text: '',
  body: { code },
})

function historyOf(...entries: Entry[]): History {
  const history = new History()
  for (const one of entries) history.add(one)
  return history
}

const findings = ({ history = historyOf(entry({})) }: { history?: History } = {}): Promise<Findings> =>
  runChecks({ history, db: postgres, faults: [] })

/** Lines with anything in them. */
const red = (found: Findings): string[] =>
  (Object.keys(found) as FindingLine[]).filter((line) => found[line].length > 0)

test.serial('two sides that tell the same are green', async (t) => {
  t.deepEqual(red(await findings()), [])
})

test.serial('an acknowledged purchase that is not in the database is lost', async (t) => {
  const other = { ...booking, id: publicId({ eventId, ownId: holdId }), places: [{ seat_no: 2 }] }
  const bob = entry({ userId: 'bob', outcome: { kind: 'answer', status: 201, text: '', body: other } })
  const found = await findings({ history: historyOf(entry({}), bob) })
  t.is(found.lost.length, 1)
  t.deepEqual(red(found), ['lost'])
})

test.serial('an acknowledged purchase without one of its tickets is lost', async (t) => {
  await postgres.query(`UPDATE booking.tickets SET status = 'void' WHERE id = $1`, [ticketIds[0]])
  t.deepEqual(red(await findings()), ['lost'])
})

test.serial('two buyers who were promised one seat are found in what they were told', async (t) => {
  const other = { ...booking, id: publicId({ eventId, ownId: holdId }) }
  const bob = entry({ userId: 'bob', outcome: { kind: 'answer', status: 201, text: '', body: other } })
  t.is((await findings({ history: historyOf(entry({}), bob) })).doubles.length, 2)
})

test('a broken invariant of the auditor counts for its line of the report', (t) => {
  const line = (invariant: string, says = ''): FindingLine => lineOf({ invariant, says })
  for (const invariant of ['I1', 'I2', 'I4', 'I10']) t.is(line(invariant), 'doubles')
  t.is(line('I8'), 'money without ticket')
  t.is(line('I14'), 'places in the queue')
  t.is(line('I7', 'every live item is paid for, or its capture is under way'), 'tickets without money')
  t.is(line('fences'), 'auditor violations')
})

test.serial('a hold that outlives its time, and a payment that waits, are found', async (t) => {
  await postgres.query(
    `INSERT INTO booking.holds (event_id, id, user_id, active_until, expires_at, hard_cap_at)
     VALUES ($1, $2, 'carl', now() - interval '1 s', now() - interval '1 s', now() + interval '30 minutes')`,
    [eventId, paymentId],
  )
  await postgres.query('UPDATE purchase.payments SET next_check_at = now()')
  t.deepEqual(red(await findings()), ['stuck holds', 'unresolved'])
})

test.serial('a buyer who never learns how it ended is unresolved', async (t) => {
  const lost = entry({ userId: 'bob', outcome: { kind: 'unknown', why: 'socket hang up' } })
  const found = await findings({ history: historyOf(entry({}), lost) })
  t.deepEqual(red(found), ['unresolved'])
})

test.serial('another answer to the same key is found, byte by byte', async (t) => {
  const again = entry({ beganAt: 2, endedAt: 3 })
  const outcome = { kind: 'answer', status: 201, text: `${JSON.stringify(booking)} `, body: booking } as const
  t.deepEqual(red(await findings({ history: historyOf(entry({}), again) })), [])
  t.deepEqual(red(await findings({ history: historyOf(entry({}), { ...again, outcome }) })), ['changed answers'])
})

test.serial('a buyer who was refused and has the tickets all the same is found', async (t) => {
  const history = historyOf(entry({ outcome: refusal(410, 'hold_expired') }))
  t.is((await findings({ history }))['changed answers'].length, 2)
})

test.serial('a stranger who gets what is not theirs is found', async (t) => {
  const reached = entry({ operation: 'release', userId: 'thief', method: 'DELETE', path: '/holds/1', stranger: true })
  const refused = { ...reached, outcome: refusal(404, 'not_found') }
  t.deepEqual(red(await findings({ history: historyOf(entry({}), refused) })), [])
  t.deepEqual(red(await findings({ history: historyOf(entry({}), reached) })), ['strangers served'])
})

test.serial('an answer about what belongs to another is found', async (t) => {
  const ask = (items: AnswerBody[]) => {
    const outcome = { kind: 'answer', status: 200, text: '', body: { items } } as const
    const listed = entry({ operation: 'list bookings', method: 'GET', path: '/bookings', outcome })
    return findings({ history: historyOf(entry({}), listed) })
  }
  t.deepEqual(red(await ask([{ id: 'b', user_id: 'ann' }])), [])
  t.deepEqual(red(await ask(['ann', 'bob'].map((user_id) => ({ id: 'b', user_id })))), ['strangers served'])
})

test.serial('a cancelled ticket is expected to be void', async (t) => {
  const [first, second] = booking.tickets ?? []
  const tickets = [{ ...first, id: first?.id ?? '', status: 'void' }, second].filter((one) => !!one)
  const outcome = { kind: 'answer', status: 200, text: '', body: { ...booking, tickets } } as const
  const cancelled = entry({ operation: 'cancel', key: 'key-2', outcome })
  const history = historyOf(entry({}), cancelled)
  t.deepEqual(red(await findings({ history })), ['lost'])
  await postgres.query(`UPDATE booking.tickets SET status = 'void' WHERE id = $1`, [ticketIds[0]])
  t.deepEqual(red(await findings({ history })), [])
})

test.serial('a place that is lost, has another number, or has the number of another is found', async (t) => {
  const place = { userId: 'ann', placeId: 'one', number: 7, serving: 0 }
  const withPlaces = async (...places: (typeof place)[]) => {
    const history = historyOf(entry({}))
    history.places.push(...places)
    return red(await findings({ history }))
  }
  t.deepEqual(await withPlaces(place, place, { ...place, userId: 'bob', placeId: 'two', number: 8 }), [])
  t.deepEqual(await withPlaces(place, { ...place, number: 9 }), ['places in the queue'])
  t.deepEqual(await withPlaces(place, { ...place, userId: 'bob', placeId: 'two' }), ['places in the queue'])
  const lost = entry({ operation: 'look', method: 'GET', path: '/queue/one', outcome: refusal(404, 'not_found') })
  t.deepEqual(red(await findings({ history: historyOf(entry({}), lost) })), ['places in the queue'])
})

test.serial('a client that shows a sold seat as free is found', async (t) => {
  // Two bits a seat: 0 and 1 are sold, or only 0 is.
  for (const [seats, wrong] of Object.entries({ 'Cg==': 0, 'Ag==': 3 })) {
    const { url, stop } = await listening((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(`id: p-1\nevent: reset\ndata: ${JSON.stringify({ seats })}\n\n`)
    })
    const watchers = new Watchers({ seed: 1, gatewayUrls: [url], eventIds: [eventId] })
    t.is((await watchers.compare(postgres, wrong === 0 ? undefined : 500)).length, wrong)
    await stop()
  }
})
