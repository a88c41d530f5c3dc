import '../support/few-at-a-time.ts'
import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto'
import test from 'ava'
import { type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose'
import { listDoubleEntries, recordScans, viewManifest } from '#shared/contracts/check-in.ts'
import type { ReplyOf, RequestOf } from '#shared/contracts/contract.ts'
import { cancelTickets, revokeBooking } from '#shared/contracts/payment-steps.ts'
import { eraseBuyer, exportBuyer } from '#shared/contracts/privacy.ts'
import { viewReport } from '#shared/contracts/reports.ts'
import { transferTicket, viewTicketKeys } from '#shared/contracts/tickets.ts'
import { newId, parsePublicId } from '#shared/ids.ts'
import { system } from '#shared/messaging/caller.ts'
import { Metrics } from '#shared/observability/metrics.ts'
import { ticketNumberOf } from '#shared/scans.ts'
import { recordScans as recordScansOn } from '../../workers/booking/check-in/record-scans.ts'
import { maxStoredRefusals } from '../../workers/booking/check-in/scan-rule.ts'
import { BookingMetrics } from '../../workers/booking/metrics.ts'
import { bookingRetention } from '../../workers/booking/retention.ts'
import { TicketCodes } from '../../workers/booking/ticket-codes.ts'
import { startBookingWorkers } from '../support/booking-workers.ts'
import { deleteOld } from '../support/delete-old.ts'
import { forFile } from '../support/for-file.ts'
import { untilLocksAreAwaited } from '../support/locks.ts'
import { allPages } from '../support/pages.ts'
import { assertRefused, outcomeOf } from '../support/refusals.ts'
import { silentLog } from '../support/silent-log.ts'
import { until } from '../support/until.ts'
import { bothLookBeforeEitherWrites, withoutLocks } from '../support/without-fences.ts'

/* The door: two workers answer the scans of several gates. */

const key = generateKeyPairSync('ed25519').privateKey
const codes = new TicketCodes([key])
const inBase64 = (own: KeyObject) => own.export({ format: 'der', type: 'pkcs8' }).toString('base64')
const workers = forFile(() =>
  startBookingWorkers({ instances: 2, env: { TICKET_KEYS: inBase64(key) }, isImpatient: false }),
)

type Scan = RequestOf<typeof recordScans>['scans'][number]
type Results = ReplyOf<typeof recordScans>

const door = { caller: { role: 'door', id: 'door' } } as const
const organiser = { caller: { role: 'organiser', id: 'organiser' } } as const

const scanOf = (code: string, scannedAt = new Date().toISOString()): Scan => ({
  ...{ scan_id: newId(), code, scanned_at: scannedAt },
})
const send = (eventId: string, scans: Scan[], gate = 'North'): Promise<Results> =>
  workers.ask(recordScans, { event_id: eventId, gate, scans }, door)
/** As a device sends what it let in without a connection. */
const letIn = (code: string, scannedAt?: string): Scan => ({ ...scanOf(code, scannedAt), let_in: true })
const outcomesIn = ({ items }: Results): string[] => items.map(({ outcome }) => outcome)
/** What one scan comes to. */
const scan = async (eventId: string, code: string, gate?: string): Promise<string | undefined> =>
  outcomesIn(await send(eventId, [scanOf(code)], gate))[0]

/** An event whose first seats `ada` bought. Tickets and codes are in the order of the seats. */
async function soldHouse(seats = 8, { captured = true } = {}) {
  const eventId = await workers.openHouse({
    ...{ rows: 1, seatsPerRow: seats, maxTicketsPerUser: 100, areas: { Floor: { capacity: 5 } } },
  })
  const booking = await workers.buyTickets(
    eventId,
    Array.from({ length: seats }, (_, seat) => seat),
    'ada',
    { captured },
  )
  const seatOf = (ticket: object): number => ('seat_no' in ticket ? Number(ticket.seat_no) : -1)
  const tickets = booking.tickets.toSorted((one, other) => seatOf(one) - seatOf(other)).map(({ id }) => id)
  return { eventId, booking, tickets, codes: await Promise.all(tickets.map((id) => codes.sign({ id, serial: 1 }))) }
}

const ownIdOf = (ticketId: string): string => parsePublicId(ticketId)?.ownId ?? ''
const cancel = (bookingId: string, ticketIds: string[] | undefined, reason: 'organiser' | 'event_cancelled') =>
  workers.ask(
    cancelTickets,
    { booking_id: bookingId, refund_id: newId(), reason, ...(ticketIds && { ticket_ids: ticketIds }) },
    reason === 'organiser' ? organiser : { caller: system('purchase') },
  )
const passOn = (ticket_id: string, to_user_id: string) =>
  workers.ask(transferTicket, { ticket_id, to_user_id }, { as: 'ada', idempotencyKey: newId() })

const statusOf = async (ticketId: string): Promise<string> => {
  const sql = 'SELECT status FROM booking.tickets WHERE id = $1'
  const [ticket] = await workers.postgres.query<{ status: string }>(sql, [ownIdOf(ticketId)])
  return ticket?.status ?? 'none'
}
/** The stored scans of an event. */
const storedScans = (eventId: string) =>
  workers.postgres.query<{ scan_id: string; outcome: string; gate: string; scanned_at: Date; received_at: Date }>(
    'SELECT scan_id, outcome, gate, scanned_at, received_at FROM booking.check_ins WHERE event_id = $1',
    [eventId],
  )

test.serial(
  'a ticket that two gates see before either writes enters once, by the fence alone; without it, twice',
  async (t) => {
    const { postgres } = workers
    const admissions = async (): Promise<number> => {
      const { eventId, codes: sold } = await soldHouse(1)
      const { transaction } = bothLookBeforeEitherWrites(withoutLocks(postgres), 'INSERT INTO booking.check_ins')
      const unlocked = { transaction, query: postgres.query.bind(postgres), execute: postgres.execute.bind(postgres) }
      const { answer } = recordScansOn({ postgres: unlocked, codes, metrics: new BookingMetrics(new Metrics('test')) })
      const context = {
        ...{ requestId: newId(), caller: door.caller, deadlineAt: performance.now() + 20_000, log: silentLog },
        ...{ markReplayed: () => undefined, tellSeq: () => undefined },
      }
      const request = () => ({ event_id: eventId, gate: 'North', scans: sold.map((code) => scanOf(code)) })
      const answers = await Promise.allSettled([answer(request(), context), answer(request(), context)])
      return answers.filter(
        (each) => each.status === 'fulfilled' && outcomesIn(each.value as Results).includes('admitted'),
      ).length
    }
    t.is(await admissions(), 1)
    const [fence] = await postgres.query<{ definition: string }>(
      `SELECT pg_get_indexdef('booking.one_admission_per_ticket'::regclass) AS definition`,
    )
    await postgres.query('DROP INDEX booking.one_admission_per_ticket')
    t.is(await admissions(), 2)
    await postgres.query('DELETE FROM booking.check_ins')
    await postgres.query(fence?.definition ?? '')
  },
)

test('every scan has one outcome, whatever else is in its batch', async (t) => {
  const { eventId, booking, tickets, codes: sold } = await soldHouse()
  const ticket = (seat: number): string => tickets[seat] ?? ''
  const number = (seat: number): string => ticketNumberOf(ownIdOf(ticket(seat)))
  await send(eventId, [scanOf(sold[1] ?? '')], 'South')
  await cancel(booking.id, [ticket(2)], 'organiser')
  await passOn(ticket(3), 'bob')
  await workers.postgres.query(
    `UPDATE booking.tickets SET id = (left(id::text, 28) || '00c0ffee')::uuid WHERE event_id = $1 AND id = ANY($2)`,
    [eventId, [ownIdOf(ticket(6)), ownIdOf(ticket(7))]],
  )
  const floor = await workers.buyTickets(eventId, { areas: [{ area: 'Floor', qty: 1 }] }, 'eve')
  const elsewhere = await soldHouse(1)
  const expected: [string, string][] = [
    [sold[0] ?? '', 'admitted'],
    [sold[0] ?? '', 'already_admitted'],
    [sold[1] ?? '', 'already_admitted'],
    [number(1).toLowerCase(), 'already_admitted'],
    [sold[2] ?? '', 'void'],
    [number(2), 'void'],
    [sold[3] ?? '', 'replaced'],
    [await codes.sign({ id: ticket(3), serial: 2 }), 'admitted'],
    [number(4).toLowerCase(), 'admitted'],
    [sold[4] ?? '', 'already_admitted'],
    [await codes.sign({ id: floor.tickets[0]?.id ?? '', serial: 1 }), 'admitted'],
    [elsewhere.codes[0] ?? '', 'other_event'],
    [ticketNumberOf(ownIdOf(elsewhere.tickets[0] ?? '')), 'unknown'],
    ['00C0-FFEE', 'unknown'],
    ['FFFF-FFFF', 'unknown'],
    ['nonsense', 'unknown'],
  ]
  const answer = await send(
    eventId,
    expected.map(([code]) => scanOf(code)),
  )
  t.deepEqual(
    outcomesIn(answer),
    expected.map(([, outcome]) => outcome),
  )
  const [first, , earlier, , gone, , old] = answer.items
  const place = { seat_no: 0, section: 'Stalls', row: 'R1', label: '1' }
  t.deepEqual(first?.ticket, { id: ticket(0), number: number(0), serial: 1, place })
  t.like(first?.entered, { gate: 'North' })
  t.like(earlier?.entered, { gate: 'South' })
  t.is(gone?.entered, null)
  t.like(old, { ticket: { id: ticket(3), serial: 2 }, entered: { gate: 'North' } })
  t.deepEqual(answer.items[10]?.ticket?.place, { area: 'Floor' })
  t.deepEqual(
    answer.items.slice(11).map((item) => item.ticket ?? item.entered),
    [null, null, null, null, null],
  )
})

test('a scan that is sent again gets its first outcome, whatever has happened since', async (t) => {
  const { eventId, booking, codes: sold } = await soldHouse(2, { captured: false })
  const scans = [sold[0], sold[0], sold[1]].map((code) => scanOf(code ?? ''))
  const first = await send(eventId, scans)
  t.deepEqual(outcomesIn(first), ['admitted', 'already_admitted', 'admitted'])
  await workers.ask(revokeBooking, { booking_id: booking.id, attempt: 1 })
  const again = await send(eventId, scans, 'South')
  t.deepEqual(again.items, first.items)
  t.is(await scan(eventId, sold[0] ?? ''), 'void')
  // Its id counts, not what a device says it was.
  const swapped = await send(eventId, [{ ...scanOf(sold[1] ?? ''), scan_id: scans[0]?.scan_id ?? '' }])
  t.deepEqual(swapped.items, first.items.slice(0, 1))
  t.is((await storedScans(eventId)).length, 4)
})

test('a scan id that is just being stored by another request is refused, and nothing of the request is stored', async (t) => {
  const { eventId, tickets, codes: sold } = await soldHouse(2)
  const [mine, theirs] = [scanOf(sold[0] ?? ''), scanOf(sold[1] ?? '')]
  const answer = await workers.postgres.transaction(async (db) => {
    await db.query(
      `INSERT INTO booking.check_ins (event_id, scan_id, ticket_id, gate, outcome, scanned_at)
       VALUES ($1, $2, $3, 'South', 'admitted', now())`,
      [eventId, theirs.scan_id, ownIdOf(tickets[1] ?? '')],
    )
    const sent = outcomeOf(send(eventId, [mine, { ...mine, scan_id: theirs.scan_id }]))
    await untilLocksAreAwaited(workers.postgres, db, { part: 'INSERT INTO booking.check_ins' })
    return { sent }
  })
  t.is(await answer.sent, 'idempotency_key_in_use')
  t.is(await statusOf(tickets[0] ?? ''), 'valid')
})

test('of what two gates scanned offline the first that arrives admits, and all scans are kept with the time of the device', async (t) => {
  const { eventId, codes: sold } = await soldHouse(4)
  const [a = '', b = '', c = '', d = ''] = sold
  const at = (minute: number): string => new Date(Date.now() - (60 - minute) * 60_000).toISOString()
  const north = [scanOf(a, at(10)), scanOf(b, at(11)), scanOf(c, at(12))]
  const south = [scanOf(b, at(1)), scanOf(c, at(2)), scanOf(d, at(3))]
  t.deepEqual(outcomesIn(await send(eventId, north, 'North')), ['admitted', 'admitted', 'admitted'])
  const second = await send(eventId, south, 'South')
  t.deepEqual(outcomesIn(second), ['already_admitted', 'already_admitted', 'admitted'])
  t.deepEqual(second.items[0]?.entered, { at: north[1]?.scanned_at, gate: 'North' })
  const stored = await storedScans(eventId)
  const timeOf = new Map(stored.map((row) => [row.scan_id, row.scanned_at.toISOString()]))
  for (const each of [...north, ...south]) t.is(timeOf.get(each.scan_id), each.scanned_at)
})

test('the clock of a device that runs ahead is set back to the arrival of its scan', async (t) => {
  const { eventId, codes: sold } = await soldHouse(1)
  const { items } = await send(eventId, [scanOf(sold[0] ?? '', '2999-01-01T00:00:00+01:00')])
  const [stored] = await storedScans(eventId)
  t.is(items[0]?.entered?.at, stored?.received_at.toISOString())
})

test('of 200 tickets that two gates scan at the same moment each enters once', async (t) => {
  const race = async ({ eventId, codes: sold }: { eventId: string; codes: string[] }) => {
    for (const code of sold) {
      const both = await Promise.all([scan(eventId, code, 'North'), scan(eventId, code, 'South')])
      t.deepEqual(both.sort(), ['admitted', 'already_admitted'])
    }
    t.is((await storedScans(eventId)).filter(({ outcome }) => outcome === 'admitted').length, 100)
  }
  await Promise.all([race(await soldHouse(100)), race(await soldHouse(100))])
})

test('two gates that send the same tickets in opposite orders wait for each other, and each ticket enters once', async (t) => {
  const { eventId, codes: sold } = await soldHouse(40)
  const answers = await Promise.all(
    [sold, sold.toReversed()].map((each) =>
      send(
        eventId,
        each.map((code) => scanOf(code)),
      ),
    ),
  )
  t.is(answers.flatMap(outcomesIn).filter((outcome) => outcome === 'admitted').length, 40)
})

test('a ticket that is scanned and cancelled at the same moment either enters or is cancelled', async (t) => {
  const { eventId, booking, tickets, codes: sold } = await soldHouse(40)
  for (const [at, ticket] of tickets.entries()) {
    const [outcome, cancelled] = await Promise.all([
      scan(eventId, sold[at] ?? ''),
      outcomeOf(cancel(booking.id, [ticket], 'organiser'), 'cancelled'),
    ])
    const status = await statusOf(ticket)
    t.deepEqual(
      { outcome, cancelled, status },
      status === 'used'
        ? { outcome: 'admitted', cancelled: 'not_cancellable', status }
        : { outcome: 'void', cancelled: 'cancelled', status: 'void' },
    )
  }
})

test.serial('a ticket that a gate is admitting is not passed on', async (t) => {
  const { eventId, tickets } = await soldHouse(1)
  const [ticket = ''] = tickets
  const passing = await workers.postgres.transaction(async (db) => {
    await db.query('SELECT FROM booking.tickets WHERE event_id = $1 FOR UPDATE', [eventId])
    const sent = outcomeOf(passOn(ticket, 'bob'), 'passed on')
    await untilLocksAreAwaited(workers.postgres, db, { part: 'booking.tickets' })
    await db.query(`UPDATE booking.tickets SET status = 'used' WHERE event_id = $1`, [eventId])
    return { sent }
  })
  t.is(await passing.sent, 'ticket_used')
})

test('a ticket whose payment is not captured yet enters; if the capture fails it is void, and its entry stays on record', async (t) => {
  const { eventId, booking, tickets, codes: sold } = await soldHouse(1, { captured: false })
  t.is(await scan(eventId, sold[0] ?? ''), 'admitted')
  await workers.ask(revokeBooking, { booking_id: booking.id, attempt: 1 })
  t.is(await statusOf(tickets[0] ?? ''), 'void')
  const { items } = await send(eventId, [scanOf(sold[0] ?? '')], 'South')
  t.like(items[0], { outcome: 'void', entered: { gate: 'North' } })
})

test('a ticket that entered is cancelled by nobody but the system, when its event is cancelled', async (t) => {
  const { eventId, booking, tickets, codes: sold } = await soldHouse(1)
  t.is(await scan(eventId, sold[0] ?? ''), 'admitted')
  await workers.setSale(eventId, { cancel_until: new Date(Date.now() + 86_400_000).toISOString() })
  await assertRefused(t, cancel(booking.id, tickets, 'organiser'), 'not_cancellable')
  const ofBuyer = { booking_id: booking.id, refund_id: newId(), ticket_ids: tickets, reason: 'buyer' } as const
  await assertRefused(t, workers.ask(cancelTickets, ofBuyer, { as: 'ada' }), 'not_cancellable')
  await assertRefused(t, passOn(tickets[0] ?? '', 'bob'), 'ticket_used')
  await cancel(booking.id, undefined, 'event_cancelled')
  t.is(await statusOf(tickets[0] ?? ''), 'void')
})

test('nobody enters a cancelled event, also before its refunds have begun', async (t) => {
  const { eventId, codes: sold } = await soldHouse(2)
  await workers.setSale(eventId, { status: 'cancelled' })
  t.is(await scan(eventId, sold[0] ?? ''), 'void')
  const { items } = await workers.ask(viewManifest, { event_id: eventId }, door)
  t.deepEqual(
    items.map(({ status }) => status),
    ['void', 'void'],
  )
})

test('forged, altered and foreign codes are unknown, and nothing of them is stored', async (t) => {
  const { eventId, tickets } = await soldHouse(1)
  const [sub = ''] = tickets
  const [{ kid = '', x = '' } = {}] = (await workers.ask(viewTicketKeys, {})).keys
  const usual = { alg: 'EdDSA', typ: 'ticket+jwt', kid }
  const sign = (payload: JWTPayload, header: JWTHeaderParameters = usual, signer: KeyObject | Uint8Array = key) =>
    new SignJWT(payload).setProtectedHeader(header).sign(signer)
  const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const stranger = generateKeyPairSync('ed25519').privateKey
  const unsigned = `${encoded({ ...usual, alg: 'none' })}.${encoded({ sub, ver: 1 })}`
  const byPublicKey = `${encoded({ ...usual, alg: 'HS256' })}.${encoded({ sub, ver: 1 })}`
  const mac = createHmac('sha256', Buffer.from(x, 'base64url')).update(byPublicKey).digest('base64url')
  const genuine = await sign({ sub, ver: 1 })
  const [head = '', , signature = ''] = genuine.split('.')
  const forged = [
    `${unsigned}.`,
    `${unsigned}.${signature}`,
    `${byPublicKey}.${mac}`,
    `${head}.${encoded({ sub, ver: 2 })}.${signature}`,
    await sign({ sub, ver: 1 }, usual, stranger),
    await sign({ sub, ver: 1 }, { ...usual, kid: 'other' }),
    await sign({ sub, ver: 1 }, { ...usual, typ: 'JWT' }),
    await sign({ sub, ver: 1 }, { alg: 'EdDSA', kid }),
    await sign({ sub, ver: 1, exp: 1 }),
    await sign({ sub, ver: 0 }),
    await sign({ sub, ver: '1' }),
    await sign({ sub: ownIdOf(sub), ver: 1 }),
    await sign({ ver: 1 }),
    `${genuine}x`,
    ` ${genuine}`,
    '..',
    'a.b.c',
    '{}',
    sub,
    'ticket 🎟️ \u202e',
    'x'.repeat(1_024),
    '0000-0000-0000',
    "' OR true --",
  ]
  const answer = await send(
    eventId,
    forged.map((code) => scanOf(code)),
  )
  for (const [at, { outcome, ticket }] of answer.items.entries())
    t.deepEqual([outcome, ticket], ['unknown', null], forged[at])
  t.deepEqual(await storedScans(eventId), [])
  t.is(await scan(eventId, genuine), 'admitted', 'positive control')
})

test('a request with wrong fields is refused by the name of the field, and nothing of it is stored', async (t) => {
  const { eventId, codes: sold } = await soldHouse(1)
  const good = scanOf(sold[0] ?? '')
  const request = (scans: object[], more: object = {}) =>
    workers.ask(recordScans, { event_id: eventId, gate: 'North', scans, ...more } as never, door)
  for (const [sent, pointer] of [
    [request([]), '/scans'],
    [request(Array.from({ length: 101 }, () => scanOf('x'))), '/scans'],
    [request([good, { ...scanOf('x'), scan_id: good.scan_id.toUpperCase() }]), '/scans'],
    [request([good, { ...good, scan_id: 'x' }]), '/scans/1/scan_id'],
    [request([good, scanOf('')]), '/scans/1/code'],
    [request([good, scanOf('a\0b')]), '/scans/1/code'],
    [request([good, scanOf('\ud800')]), '/scans/1/code'],
    [request([good, scanOf('x'.repeat(1_025))]), '/scans/1/code'],
    [request([good, scanOf('x', 'yesterday')]), '/scans/1/scanned_at'],
    [request([good, { ...scanOf('x'), let_in: 'yes' }]), '/scans/1/let_in'],
    [request([good], { gate: 'x'.repeat(41) }), '/gate'],
    [request([good], { gate: 'a\0b' }), '/gate'],
    [workers.ask(viewManifest, { event_id: eventId, limit: 1_001 }, door), '/limit'],
    [workers.ask(viewManifest, { event_id: eventId, cursor: 'nonsense' }, door), '/cursor'],
  ] as const) {
    await assertRefused(t, sent, pointer)
  }
  t.deepEqual(await storedScans(eventId), [])
  await assertRefused(t, send(newId(), [good]), 'event_not_found')
  await assertRefused(t, workers.ask(viewManifest, { event_id: newId() }, door), 'event_not_found')
})

test('only gates and organisers scan tickets and read the manifest', async (t) => {
  const { eventId, codes: sold } = await soldHouse(1)
  for (const caller of [{ as: 'ada' }, { caller: system('purchase') }, {}]) {
    const scans = { event_id: eventId, gate: 'North', scans: [scanOf(sold[0] ?? '')] }
    await assertRefused(t, workers.ask(recordScans, scans, caller), 'forbidden')
    await assertRefused(t, workers.ask(viewManifest, { event_id: eventId }, caller), 'forbidden')
  }
  const { items } = await workers.ask(viewManifest, { event_id: eventId }, organiser)
  t.deepEqual(
    items.map(({ status }) => status),
    ['valid'],
  )
})

test('however often a ticket is refused, few of its scans are stored, and every one is refused', async (t) => {
  const { eventId, codes: sold } = await soldHouse(1)
  const [code = ''] = sold
  const batch = Array.from({ length: maxStoredRefusals + 10 }, () => scanOf(code))
  const expected = ['admitted', ...batch.slice(1).map(() => 'already_admitted')]
  t.deepEqual(outcomesIn(await send(eventId, batch)), expected)
  t.deepEqual(outcomesIn(await send(eventId, batch)), expected, 'sent again')
  t.is(await scan(eventId, code), 'already_admitted')
  t.is((await storedScans(eventId)).length, 1 + maxStoredRefusals)
})

test('the manifest lists every ticket once, in the order of their own ids, with its state and entry, page by page', async (t) => {
  const { eventId, booking, tickets, codes: sold } = await soldHouse(7)
  const scanned = scanOf(sold[0] ?? '')
  await send(eventId, [scanned])
  await cancel(booking.id, tickets.slice(1, 2), 'organiser')
  await passOn(tickets[2] ?? '', 'bob')
  const pages = await allPages((cursor) => workers.ask(viewManifest, { event_id: eventId, limit: 3, ...cursor }, door))
  t.deepEqual(
    pages.map(({ length }) => length),
    [3, 3, 1],
  )
  const items = pages.flat()
  t.deepEqual(
    items.map(({ id }) => id),
    tickets.toSorted((one, other) => (ownIdOf(one) < ownIdOf(other) ? -1 : 1)),
  )
  const known = (seat: number) => items.find(({ id }) => id === tickets[seat])
  const place = { section: 'Stalls', row: 'R1' }
  t.deepEqual(known(0), {
    ...{ id: tickets[0] ?? '', number: ticketNumberOf(ownIdOf(tickets[0] ?? '')), serial: 1, status: 'used' },
    ...{ place: { seat_no: 0, ...place, label: '1' }, entered: { at: scanned.scanned_at, gate: 'North' } },
  })
  t.like(known(1), { status: 'void', entered: null })
  t.like(known(2), { status: 'valid', serial: 2, entered: null })
  t.deepEqual((await workers.ask(viewManifest, { event_id: eventId }, door)).items, items)
  t.false(/"(ada|bob)"/.test(JSON.stringify(items)))
})

test('gates and the report say how many entered', async (t) => {
  const { eventId, booking, tickets, codes: sold } = await soldHouse(4)
  await cancel(booking.id, tickets.slice(3), 'organiser')
  await send(
    eventId,
    sold.slice(0, 2).map((code) => scanOf(code)),
  )
  // Each worker counts five times a second.
  await until('both scans are counted', async () => {
    const { admitted, tickets: all } = await send(eventId, [scanOf('x')])
    return admitted === 2 && all === 3
  })
  t.is((await workers.ask(viewReport, { event_id: eventId }, organiser)).admitted, 2)
})

const doubleEntries = async (eventId: string) =>
  (await workers.ask(listDoubleEntries, { event_id: eventId }, organiser)).items
/** Read once of an event: a report may be three seconds old. */
const letInTwice = async (eventId: string): Promise<number> =>
  (await workers.ask(viewReport, { event_id: eventId }, organiser)).let_in_twice

test('a ticket that two gates let in without a connection is listed with both, whichever sends first and however often', async (t) => {
  const at = (minute: number): string => new Date(Date.now() - (60 - minute) * 60_000).toISOString()
  for (const gates of [
    ['North', 'South'],
    ['South', 'North'],
  ]) {
    const { eventId, tickets, codes: sold } = await soldHouse(2)
    const scanned = { North: [letIn(sold[0] ?? '', at(1))], South: [letIn(sold[0] ?? '', at(2)), letIn(sold[1] ?? '')] }
    const [first = '', second = ''] = gates
    const scansOf = (gate: string) => scanned[gate as keyof typeof scanned]
    for (const gate of [first, second, second, first]) await send(eventId, scansOf(gate), gate)
    const [ticket = ''] = tickets
    t.deepEqual(await doubleEntries(eventId), [
      {
        ticket: {
          ...{ id: ticket, number: ticketNumberOf(ownIdOf(ticket)), serial: 1 },
          place: { seat_no: 0, section: 'Stalls', row: 'R1', label: '1' },
        },
        entered: { at: scansOf(first)[0]?.scanned_at ?? '', gate: first },
        again: { at: scansOf(second)[0]?.scanned_at ?? '', gate: second },
      },
    ])
    t.is(await letInTwice(eventId), 1)
  }
})

test('who was turned away, and who was let in alone, is no double entry', async (t) => {
  const { eventId, booking, tickets, codes: sold } = await soldHouse(3)
  await send(eventId, [scanOf(sold[0] ?? ''), scanOf(sold[0] ?? ''), letIn(sold[1] ?? '')])
  await send(eventId, [scanOf(sold[0] ?? ''), scanOf(sold[1] ?? '')], 'South')
  await cancel(booking.id, tickets.slice(2), 'organiser')
  t.deepEqual(outcomesIn(await send(eventId, [letIn(sold[2] ?? '')])), ['void'])
  t.deepEqual(await doubleEntries(eventId), [])
  t.is(await letInTwice(eventId), 0)
})

test('a scan that was refused is a double entry once its device has let the guest in, because no answer came', async (t) => {
  const { eventId, codes: sold } = await soldHouse(1)
  const [code = ''] = sold
  await scan(eventId, code, 'North')
  const lost = scanOf(code)
  for (const sent of [lost, { ...lost, let_in: true }, lost]) {
    t.deepEqual(outcomesIn(await send(eventId, [sent], 'South')), ['already_admitted'])
  }
  t.deepEqual(
    (await doubleEntries(eventId)).map(({ again }) => again),
    [{ at: lost.scanned_at, gate: 'South' }],
  )
})

test('the earlier holder of a ticket who was let in besides the new one makes a double entry', async (t) => {
  const { eventId, tickets, codes: sold } = await soldHouse(1)
  const [ticket = ''] = tickets
  await passOn(ticket, 'bob')
  t.is(await scan(eventId, await codes.sign({ id: ticket, serial: 2 }), 'North'), 'admitted')
  t.deepEqual(outcomesIn(await send(eventId, [letIn(sold[0] ?? '')], 'South')), ['replaced'])
  t.like((await doubleEntries(eventId))[0], { entered: { gate: 'North' }, again: { gate: 'South' } })
})

test('double entries come in pages, the last arrival first and each once', async (t) => {
  const { eventId, tickets, codes: sold } = await soldHouse(6)
  await send(
    eventId,
    sold.map((code) => letIn(code)),
  )
  for (const code of sold.slice(0, 3)) await send(eventId, [letIn(code)], 'South')
  // These arrive at the same moment.
  await send(
    eventId,
    sold.slice(3).map((code) => letIn(code)),
    'South',
  )
  const pages = await allPages((cursor) =>
    workers.ask(listDoubleEntries, { event_id: eventId, limit: 2, ...cursor }, organiser),
  )
  t.deepEqual(
    pages.map(({ length }) => length),
    [2, 2, 2],
  )
  const listed = pages.flat().map(({ ticket }) => ticket.id)
  t.deepEqual(listed.slice(0, 3).toSorted(), tickets.slice(3).toSorted())
  t.deepEqual(listed.slice(3), tickets.slice(0, 3).toReversed())
})

test('however often a ticket was refused before, a double entry is stored; and of many of one ticket few are', async (t) => {
  const { eventId, codes: sold } = await soldHouse(1)
  const [code = ''] = sold
  const many = Array.from({ length: maxStoredRefusals + 5 })
  await send(
    eventId,
    many.map(() => scanOf(code)),
  )
  await send(eventId, [letIn(code)], 'South')
  t.is((await doubleEntries(eventId)).length, 1)
  await send(
    eventId,
    many.map(() => letIn(code)),
    'South',
  )
  t.is((await storedScans(eventId)).length, 1 + 2 * maxStoredRefusals)
  t.is(await letInTwice(eventId), 1)
})

test('a double entry names nobody: it is in nobody’s export, and stays when the holder of the ticket is erased', async (t) => {
  const { eventId, codes: sold } = await soldHouse(1)
  const buyer = newId()
  const { tickets } = await workers.buyTickets(eventId, { areas: [{ area: 'Floor', qty: 1 }] }, buyer)
  const code = await codes.sign({ id: tickets[0]?.id ?? '', serial: 1 })
  await send(eventId, [letIn(sold[0] ?? ''), letIn(code)])
  await send(eventId, [letIn(code)], 'South')
  const listed = await doubleEntries(eventId)
  t.is(listed.length, 1)
  t.false(JSON.stringify(listed).includes(buyer))
  const { admissions } = await workers.ask(exportBuyer, {}, { as: buyer })
  t.deepEqual(
    admissions.map(({ gate }) => gate),
    ['North'],
  )
  const erasure = { user_id: buyer, erased_id: newId() }
  await workers.ask(eraseBuyer, erasure, { caller: system('purchase'), idempotencyKey: newId() })
  t.deepEqual((await workers.ask(exportBuyer, {}, { as: buyer })).admissions, [])
  t.deepEqual(await doubleEntries(eventId), listed)
})

test('double entries are for organisers, and an invalid cursor is refused', async (t) => {
  const { eventId } = await soldHouse(1)
  const list = (more: object, caller: object = organiser) =>
    workers.ask(listDoubleEntries, { event_id: eventId, ...more }, caller)
  for (const caller of [door, { as: 'ada' }, { caller: system('purchase') }, {}]) {
    await assertRefused(t, list({}, caller), 'forbidden')
  }
  t.deepEqual((await list({ limit: 100 })).items, [])
  await assertRefused(t, list({ limit: 101 }), '/limit')
  await assertRefused(t, list({ cursor: 'nonsense' }), 'validation_failed')
})

test('scans are deleted with the bookings of their event', async (t) => {
  const { eventId, codes: sold } = await soldHouse(1)
  await scan(eventId, sold[0] ?? '')
  await workers.postgres.query(
    `UPDATE booking.sales SET off_sale_at = now() - interval '3651 days' WHERE event_id = $1`,
    [eventId],
  )
  const deleted = await deleteOld(workers.postgres, bookingRetention, 'bookings')
  t.is(deleted['booking.check_ins'], 1)
  t.deepEqual(await storedScans(eventId), [])
})
