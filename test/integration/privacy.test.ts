import { randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { beginPayment } from '#shared/contracts/payment-steps.ts'
import { keyOf, newId } from '#shared/ids.ts'
import { user } from '#shared/messaging/caller.ts'
import { Metrics } from '#shared/observability/metrics.ts'
import { ticketNumberOf } from '#shared/scans.ts'
import { beginErasure, finishErasure } from '../../workers/purchase/erasing.ts'
import { PurchaseMetrics } from '../../workers/purchase/metrics.ts'
import { eraseUser } from '../../workers/purchase/operations/erase-user.ts'
import { noCharge } from '../../workers/purchase/providers/no-charge.ts'
import type { SagaParts } from '../../workers/purchase/saga.ts'
import { askWorker } from '../support/asking.ts'
import { bookingOf, buyPlaces, holdPlaces, releaseHold } from '../support/buying.ts'
import { type CrashPoint, crashingSaga } from '../support/crashing-saga.ts'
import { forFile } from '../support/for-file.ts'
import { type Answer, ask, asOrganiser, eventOnSale } from '../support/http.ts'
import { untilDecidedByRedis } from '../support/local-decisions.ts'
import { untilLocksAreAwaited } from '../support/locks.ts'
import { openBus } from '../support/open-bus.ts'
import { openPostgres } from '../support/open-postgres.ts'
import { answerOf } from '../support/purchase-saga.ts'
import { sharedSystem } from '../support/shared-systems.ts'
import { silentLog } from '../support/silent-log.ts'
import { until } from '../support/until.ts'

const system = sharedSystem()
const db = forFile(async () => openPostgres(system.databaseUrl))
const bus = forFile(() => openBus(system.natsUrls.operator))
const purchaseBus = forFile(() => openBus(system.natsUrls.purchase))

const limited = forFile(() => system.start('gateway', { RATE_LIMITS: 'on' }))

/** Occurs in no other text. */
const newUser = (name: string): string => `${name}-${newId()}`
const best = (qty: number) => ({ best_available: { qty } })

const exportOf = (userId: string): Promise<Answer> => ask(`${system.url}/me/export?user_id=${userId}`)
const erase = (userId: string): Promise<Answer> => ask(`${system.url}/me?user_id=${userId}`, { method: 'DELETE' })
/** What comes with a key has a stored reply. */
const withKey = () => ({ 'idempotency-key': newId() })
const passOn = (ticketId: string, from: string, to: string) =>
  ask(`${system.url}/tickets/${ticketId}/transfer`, { headers: withKey(), json: { user_id: from, to_user_id: to } })
const cancel = (bookingId: string, userId: string) =>
  ask(`${system.url}/bookings/${bookingId}/cancel`, { json: { user_id: userId } })
const joinList = (eventId: string, userId: string) =>
  ask(`${system.url}/events/${eventId}/waiting-list`, { headers: withKey(), json: { user_id: userId, qty: 1 } })

/** Somebody enters with a ticket. */
async function admit(ticketId: string): Promise<void> {
  const { eventId, ownId } = keyOf(ticketId)
  const scan = { scan_id: randomUUID(), code: ticketNumberOf(ownId), scanned_at: new Date().toISOString() }
  const { body, text } = await ask(`${system.url}/check-in/${eventId}/scans`, {
    headers: asOrganiser,
    json: { gate: 'North', scans: [scan] },
  })
  if (body.items?.[0]?.outcome !== 'admitted') throw new Error(text)
}

/** As if the sales of these events had ended so long ago that nobody needs their tickets. */
const endEvents = (...eventIds: string[]) =>
  db.query(
    `UPDATE booking.sales SET on_sale_at = now() - interval '40 days', off_sale_at = now() - interval '31 days'
     WHERE event_id = ANY($1)`,
    [eventIds],
  )

async function soldOutEvent(): Promise<string> {
  const eventId = await eventOnSale(system.url, { rows: 1, seatsPerRow: 1 })
  await bookingOf(system.url, eventId, [0], newUser('zed'))
  return eventId
}

/** Somebody of whom everything is stored that can be, with the events concerned. */
async function richHistory() {
  const [userId, friend] = [newUser('ada'), newUser('bob')]
  const [held, bought, returned, declined] = (await Promise.all(
    [1, 2, 3, 4].map(() => eventOnSale(system.url, { rows: 1, seatsPerRow: 10 })),
  )) as [string, string, string, string]
  const hold = (await holdPlaces(system.url, held, [0], userId)).body
  const booking = await bookingOf(system.url, bought, best(2), userId)
  await passOn(booking.tickets[0].id, userId, friend)
  const back = await bookingOf(system.url, returned, best(1), userId)
  await cancel(back.id, userId)
  await buyPlaces(system.url, declined, [0], userId, { token: 'tok_declined' })
  const ofFriend = await bookingOf(system.url, bought, best(1), friend)
  await passOn(ofFriend.tickets[0].id, friend, userId)
  const full = await soldOutEvent()
  await joinList(full, userId)
  return { userId, friend, hold, booking, back, ofFriend, full, held, bought, returned, declined }
}

/** Ends what keeps a rich history from being erased. */
async function endAll({ userId, hold, bought, declined }: Awaited<ReturnType<typeof richHistory>>): Promise<void> {
  await releaseHold(system.url, hold.id, userId)
  const { body } = await exportOf(userId)
  const second = body.holds.find(({ event_id }: { event_id: string }) => event_id === declined)
  await releaseHold(system.url, second.id, userId)
  await endEvents(bought)
  await until('all money is settled', async () => {
    const open = `SELECT FROM purchase.payments AS payment LEFT JOIN purchase.refunds AS refund ON refund.payment_id = payment.id
      WHERE user_id = $1 AND (payment.next_check_at IS NOT NULL OR refund.next_check_at IS NOT NULL)`
    return (await db.query(open, [userId])).length === 0
  })
}

/** Every table of every schema that has the text in any of its columns. */
async function tablesWith(text: string): Promise<string[]> {
  const tables = await db.query<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
     WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY name`,
  )
  const found: string[] = []
  for (const { name } of tables) {
    const rows = await db.query(`SELECT FROM ${name} AS stored WHERE stored::text LIKE $1 LIMIT 1`, [`%${text}%`])
    if (rows.length > 0) found.push(name)
  }
  return found
}

test.serial('an export has all that is stored about the caller, and nothing of others', async (t) => {
  const history = await richHistory()
  const { userId, friend, hold, booking, back, ofFriend, full, declined } = history
  await Promise.all(booking.tickets.map(({ id }: { id: string }) => admit(id)))
  const { status, headers, body, text } = await exportOf(userId)
  t.is(status, 200, text)
  t.is(headers.get('content-disposition'), 'attachment; filename="my-data.json"')
  t.is(headers.get('cache-control'), 'private, no-store')
  t.like(body, { user_id: userId, complete: true })
  const ids = (items: { id: string }[]) => items.map(({ id }) => id).toSorted()
  t.true(ids(body.holds).includes(hold.id))
  t.is(body.holds.length, 2, 'the second is that of the declined payment')
  const statuses = Object.fromEntries(
    body.bookings.map((each: { id: string; status: string }) => [each.id, each.status]),
  )
  t.like(statuses, { [booking.id]: 'confirmed', [back.id]: 'cancelled' })
  const own = body.bookings.find(({ id }: { id: string }) => id === booking.id)
  t.is(own.places.length, 2)
  t.deepEqual(ids(own.tickets), ids(booking.tickets))
  t.deepEqual(ids(body.tickets), ids(ofFriend.tickets))
  t.deepEqual(
    body.admissions.map(({ ticket_id, gate }: { ticket_id: string; gate: string }) => [ticket_id, gate]),
    [[booking.tickets[1].id, 'North']],
    'not with the ticket that was passed on',
  )
  t.like(body.waiting_list[0], { event_id: full, status: 'waiting' })
  const paymentOf = (eventId: string) => body.payments.find((each: { event_id: string }) => each.event_id === eventId)
  t.is(body.payments.length, 3)
  t.like(paymentOf(booking.event_id), { booking_id: booking.id, status: 'captured', refunds: [] })
  t.like(paymentOf(back.event_id).refunds[0], { reason: 'buyer', amount_minor: 5_000 })
  t.like(paymentOf(declined), { status: 'failed', captured_minor: 0 })
  for (const secret of [friend, ofFriend.id]) t.false(text.includes(secret), secret)
  // Whole values: a random id may contain any few letters, but no dot.
  t.notRegex(text, /"tok_|\bey[\w-]+\.ey/, 'neither payment tokens nor codes of tickets')
})

test.serial('whatever is stored for one user, a stranger exports nothing, and erases nothing', async (t) => {
  const { userId } = await richHistory()
  const stranger = newUser('eve')
  const { body } = await exportOf(stranger)
  const { exported_at: _when, ...nothing } = body
  const none = { holds: [], bookings: [], tickets: [], admissions: [], waiting_list: [], payments: [] }
  t.deepEqual(nothing, { user_id: stranger, complete: true, ...none })
  t.is((await erase(stranger)).status, 204)
  t.is((await exportOf(userId)).body.bookings.length, 3)
  for (const method of ['GET', 'DELETE']) {
    const path = method === 'GET' ? '/me/export' : '/me'
    t.is((await ask(`${system.url}${path}?all=1`, { method })).status, 400)
    t.is((await ask(`${system.url}${path}`, { method, headers: asOrganiser })).status, 403)
  }
})

test.serial('a caller has six exports and erasures a minute, together', async (t) => {
  const statuses: number[] = []
  await untilDecidedByRedis([limited], async () => {
    const caller = `user_id=${newUser('often')}`
    statuses.length = 0
    for (const method of ['GET', 'DELETE', 'GET', 'DELETE', 'GET', 'DELETE', 'GET', 'DELETE']) {
      const path = method === 'GET' ? '/me/export' : '/me'
      statuses.push((await ask(`${limited.url}${path}?${caller}`, { method })).status)
    }
  })
  t.deepEqual(statuses, [200, 204, 200, 204, 200, 204, 429, 429])
})

interface Blocked {
  readonly userId: string
  readonly reason: string
  /** RFC 3339, or null if nobody knows. */
  readonly until: string | null
  /** Lets the reason end. */
  end(): Promise<unknown>
}

const monthAfterSale = async (eventId: string): Promise<string> => {
  const { body } = await ask(`${system.url}/events/${eventId}`)
  return new Date(Date.parse(body.sale.off_sale_at) + 30 * 86_400_000).toISOString()
}

function untilSettled(userId: string): Promise<void> {
  const isSettled = 'SELECT FROM purchase.payments WHERE user_id = $1 AND next_check_at IS NULL'
  return until('the payment is settled', async () => (await db.query(isSettled, [userId])).length === 1)
}

/** A booking of an event that is over, whose payment is settled. */
async function settled(name: string) {
  const [userId, eventId] = [newUser(name), await eventOnSale(system.url)]
  const booking = await bookingOf(system.url, eventId, best(1), userId)
  await untilSettled(userId)
  await endEvents(eventId)
  return { userId, eventId, booking }
}

const blocked: Readonly<Record<string, () => Promise<Blocked>>> = {
  async 'a live hold'() {
    const [userId, eventId] = [newUser('holds'), await eventOnSale(system.url)]
    const { id, expires_at } = (await holdPlaces(system.url, eventId, best(1), userId)).body
    return { userId, reason: 'hold', until: expires_at, end: () => releaseHold(system.url, id, userId) }
  },
  async 'a hold that is being paid for'() {
    const [userId, eventId] = [newUser('pays'), await eventOnSale(system.url)]
    const { id } = (await holdPlaces(system.url, eventId, best(1), userId)).body
    await askWorker(bus, beginPayment, { hold_id: id }, { caller: user(userId), idempotencyKey: newId() })
    const { body } = await ask(`${system.url}/holds/${id}?user_id=${userId}`)
    const end = async () => {
      await db.query(`UPDATE booking.bookings SET payment_status = 'failed' WHERE user_id = $1`, [userId])
      await db.query(
        `UPDATE booking.holds SET status = 'active', active_until = now(), expires_at = now() WHERE user_id = $1`,
        [userId],
      )
    }
    return { userId, reason: 'payment', until: body.expires_at, end }
  },
  async 'a payment that is not settled'() {
    const { userId } = await settled('unsettled')
    const id = newId()
    await db.query(
      `INSERT INTO purchase.payments (id, user_id, event_id, hold_id, idempotency_key, provider_key, next_check_at)
       SELECT $2::uuid, user_id, event_id, hold_id, $2::text, $2::text, now() + interval '1 hour' FROM purchase.payments WHERE user_id = $1`,
      [userId, id],
    )
    return {
      userId,
      reason: 'payment',
      until: null,
      end: () => db.query('DELETE FROM purchase.payments WHERE id = $1', [id]),
    }
  },
  async 'a refund that is not settled'() {
    const { userId } = await settled('returns')
    const id = newId()
    await db.query(
      `INSERT INTO purchase.refunds (id, payment_id, event_id, booking_id, reason, requested_by, provider_key, next_check_at)
       SELECT $2::uuid, id, event_id, booking_id, 'organiser', 'test', $2::text, now() + interval '1 hour'
       FROM purchase.payments WHERE user_id = $1`,
      [userId, id],
    )
    return {
      userId,
      reason: 'refund',
      until: null,
      end: () => db.query('DELETE FROM purchase.refunds WHERE id = $1', [id]),
    }
  },
  async 'money that the booking still owes'() {
    const { userId } = await settled('owed')
    const set = (due: string) =>
      db.query(`UPDATE booking.bookings SET refund_due_minor = ${due} WHERE user_id = $1`, [userId])
    await set('captured_minor')
    return { userId, reason: 'refund', until: null, end: () => set('0') }
  },
  async 'an unused ticket, for a month after the end of its sale,'() {
    const off_sale_at = new Date(Date.now() + 3_600_000).toISOString()
    const [userId, eventId] = [newUser('visits'), await eventOnSale(system.url, {}, { off_sale_at })]
    await bookingOf(system.url, eventId, best(1), userId)
    await untilSettled(userId)
    return { userId, reason: 'ticket', until: await monthAfterSale(eventId), end: () => endEvents(eventId) }
  },
  async 'a ticket that somebody passed on'() {
    const [userId, giver, eventId] = [newUser('gets'), newUser('gives'), await eventOnSale(system.url)]
    const { tickets } = await bookingOf(system.url, eventId, best(1), giver)
    await passOn(tickets[0].id, giver, userId)
    return { userId, reason: 'ticket', until: await monthAfterSale(eventId), end: () => endEvents(eventId) }
  },
  async 'a ticket of a postponed event'() {
    const { userId, eventId } = await settled('waits')
    const set = (status: string) =>
      db.query('UPDATE booking.sales SET status = $2 WHERE event_id = $1', [eventId, status])
    await set('postponed')
    return { userId, reason: 'ticket', until: null, end: () => set('on_sale') }
  },
  async 'a ticket of a cancelled event'() {
    const { userId, eventId } = await settled('loses')
    await db.query(
      `UPDATE booking.sales SET status = 'cancelled', off_sale_at = now() + interval '1 day' WHERE event_id = $1`,
      [eventId],
    )
    return { userId, reason: 'refund', until: null, end: () => endEvents(eventId) }
  },
}

/** What is stored about a user, without what changes by itself. */
async function storedOf(userId: string): Promise<string> {
  const { body } = await exportOf(userId)
  return JSON.stringify(body, (name, value) => (/^(exported_at|seq|expires_in_ms)$/.test(name) ? undefined : value))
}

for (const [title, make] of Object.entries(blocked)) {
  test.serial(`${title} delays the erasure of its owner, of whom nothing changes until then`, async (t) => {
    const { userId, reason, until: end, ...block } = await make()
    const before = await storedOf(userId)
    const refused = await erase(userId)
    t.like(
      refused,
      { status: 409, body: { code: 'erasure_blocked', reason, until: end, retryable: true } },
      refused.text,
    )
    t.is(await storedOf(userId), before)
    await block.end()
    const erased = await erase(userId)
    t.is(erased.status, 204, erased.text)
    t.deepEqual(await tablesWith(userId), [])
  })
}

test.serial(
  'after an erasure no table and no log has the id of the user; records of money stay, under one other id',
  async (t) => {
    const history = await richHistory()
    const { userId, friend, booking, back, full } = history
    const refunded = await bookingOf(system.url, history.returned, best(1), userId)
    await ask(`${system.url}/admin/bookings/${refunded.id}/refund`, {
      headers: { ...asOrganiser, ...withKey() },
      json: {},
    })
    await endAll(history)
    const eventIds = [booking.event_id, back.event_id]
    const found = await tablesWith(userId)
    t.true(found.length > 6, found.join())
    t.false(
      found.some((table) => table.endsWith('.outbox')),
      'facts name no user',
    )
    const sums = () =>
      db.query(
        `SELECT count(*), sum(captured_minor)::bigint AS captured, sum(refunded_minor)::bigint AS refunded
       FROM purchase.payments WHERE event_id = ANY($1)`,
        [eventIds],
      )
    const before = await sums()
    t.is((await erase(userId)).status, 204)
    t.deepEqual(await tablesWith(userId), [])
    t.deepEqual(await sums(), before)
    const ids = await db.query<{ user_id: string }>(
      `SELECT DISTINCT user_id FROM purchase.payments WHERE event_id = ANY($1) AND user_id <> $2
     UNION SELECT user_id FROM booking.bookings WHERE event_id = ANY($1) AND user_id <> $2`,
      [eventIds, friend],
    )
    t.is(ids.length, 1, 'one id in both schemas')
    t.regex(ids[0]?.user_id ?? '', /^erased-/)
    const files = await readdir(system.logDirectory)
    for (const name of files) t.false((await readFile(join(system.logDirectory, name), 'utf8')).includes(userId), name)
    // Nobody waits any more, so places that come back are for sale again.
    t.is((await db.query(`SELECT FROM booking.sales WHERE event_id = $1 AND waited_for <> '[]'`, [full])).length, 0)
    // The others have what they had.
    t.is((await ask(`${system.url}/tickets/${booking.tickets[0].id}?user_id=${friend}`)).status, 200)
    t.is((await exportOf(friend)).body.bookings.length, 1)
    t.is((await exportOf(userId)).body.bookings.length, 0)
  },
)

test.serial('an organiser can still refund a booking whose buyer is erased', async (t) => {
  const { userId, booking } = await settled('gone')
  t.is((await erase(userId)).status, 204)
  const refund = await ask(`${system.url}/admin/bookings/${booking.id}/refund`, {
    headers: { ...asOrganiser, ...withKey() },
    json: {},
  })
  t.like(refund, { status: 200, body: { status: 'cancelled', refunded_minor: 5_000 } }, refund.text)
  t.regex(refund.body.user_id, /^erased-/)
})

test.serial('an erasure that is repeated changes nothing more', async (t) => {
  const { userId } = await settled('twice')
  for (let times = 0; times < 3; times += 1) t.is((await erase(userId)).status, 204)
  const many = await Promise.all(Array.from({ length: 5 }, () => erase(userId)))
  t.true(many.every(({ status, body }) => status === 204 || body.code === 'idempotency_key_in_use'))
  t.is((await erase(userId)).status, 204)
})

/** The purchase worker's own code in this process, beside the workers of the system. */
function ownSaga(leaseMs: number): SagaParts {
  const metrics = new Metrics('test')
  return {
    bus: purchaseBus,
    postgres: db,
    metrics,
    purchaseMetrics: new PurchaseMetrics(metrics),
    providerFor: () => noCharge,
    leaseMs,
    log: silentLog,
  }
}

test.serial('an erasure that another request was refused meanwhile still ends in both workers', async (t) => {
  const { userId, booking } = await settled('halves')
  const held = await holdPlaces(system.url, await eventOnSale(system.url), best(1), userId)
  const saga = ownSaga(60_000)
  const slow = await beginErasure(saga, userId)
  t.is((await erase(userId)).status, 409, 'it finds the same erasure, and forgets it')
  await releaseHold(system.url, held.body.id, userId)
  await finishErasure(saga, slow, { requestId: 'slow', deadlineAt: performance.now() + 8_000 })
  t.deepEqual(await tablesWith(userId), [])
  const ids = await db.query(
    `SELECT user_id FROM purchase.payments WHERE event_id = $1 UNION SELECT user_id FROM booking.bookings WHERE event_id = $1`,
    [booking.event_id],
  )
  t.deepEqual(ids, [{ user_id: slow.id }])
})

test.serial('a ticket that was used delays nothing', async (t) => {
  const [userId, eventId] = [newUser('seen'), await eventOnSale(system.url)]
  const { tickets } = await bookingOf(system.url, eventId, best(1), userId)
  await untilSettled(userId)
  t.is((await erase(userId)).status, 409)
  await admit(tickets[0].id)
  t.is((await erase(userId)).status, 204)
})

/** Erases a user in a worker that dies at this point. Answers what it did. */
async function dyingErasure(userId: string, { leaseMs, point }: { leaseMs: number; point?: CrashPoint }) {
  const dying = crashingSaga(ownSaga(leaseMs), point)
  await answerOf(eraseUser(dying.saga), {}, { caller: user(userId) }).catch(() => undefined)
  return dying.steps
}

test.serial('an erasure whose worker died anywhere is finished by a repetition, under one id', async (t) => {
  const steps = await dyingErasure((await settled('lives')).userId, { leaseMs: 60_000 })
  t.deepEqual(steps, ['transaction', 'ask ticketing.v1.booking.erase-buyer', 'transaction'])
  for (const step of steps.keys()) {
    for (const when of ['before', 'after'] as const) {
      const { userId, booking } = await settled('dies')
      await dyingErasure(userId, { leaseMs: 60_000, point: { step, when } })
      t.is((await erase(userId)).status, 204, `${when} ${step}`)
      t.deepEqual(await tablesWith(userId), [], `${when} ${step}`)
      const ids = await db.query(
        `SELECT user_id FROM purchase.payments WHERE event_id = $1
         UNION SELECT user_id FROM booking.bookings WHERE event_id = $1`,
        [booking.event_id],
      )
      t.is(ids.length, 1, `${when} ${step}`)
    }
  }
})

test.serial('an erasure that nobody repeats is finished by another worker, without what came after it', async (t) => {
  const { userId } = await settled('leaves')
  await dyingErasure(userId, { leaseMs: 60_000, point: { step: 1, when: 'after' } })
  const eventId = await eventOnSale(system.url)
  const later = await bookingOf(system.url, eventId, best(1), userId)
  await db.query('UPDATE purchase.erasures SET next_check_at = now() WHERE user_id = $1', [userId])
  await until('it is finished', async () => {
    return (await db.query('SELECT FROM purchase.erasures WHERE user_id = $1', [userId])).length === 0
  })
  const { body } = await exportOf(userId)
  t.deepEqual(
    [body.bookings, body.payments].map((items) => items.map((item: { event_id: string }) => item.event_id)),
    [[eventId], [eventId]],
  )
  t.is(body.bookings[0].id, later.id)
})

/** Where an erasure in the booking worker waits while somebody else has this lock. */
const waits = {
  'before anything is replaced': {
    lock: `SELECT pg_advisory_xact_lock(hashtextextended('waiting list ' || event_id, 0))
      FROM booking.waiting_list WHERE user_id = $1`,
    statement: 'waiting list',
    isOpen: true,
    status: 409,
  },
  'after holds and bookings were replaced': {
    lock: 'SELECT FROM booking.waiting_list WHERE user_id = $1 FOR UPDATE',
    statement: 'UPDATE booking.waiting_list AS entry SET user_id',
    isOpen: false,
    status: 204,
  },
}

/** Takes places for a new user while an erasure waits. Undefined on a machine so busy that the erasure gave up waiting. */
async function holdDuringErasure({ lock, statement, isOpen }: (typeof waits)[keyof typeof waits]) {
  const { userId } = await settled('races')
  const [full, eventId] = [await soldOutEvent(), await eventOnSale(system.url)]
  const list = `${system.url}/events/${full}/waiting-list?user_id=${userId}`
  await joinList(full, userId)
  if (!isOpen) await ask(list, { method: 'DELETE' })
  const { erasing, held } = await db.transaction(async (own) => {
    await own.query(lock, [userId])
    const erasing = erase(userId)
    const waiting = untilLocksAreAwaited(db, own, { part: statement }).then(() => 'waiting')
    const isWaiting = (await Promise.race([erasing, waiting])) === 'waiting'
    return { erasing, held: isWaiting ? await holdPlaces(system.url, eventId, best(1), userId) : undefined }
  })
  const erased = await erasing
  return held === undefined || erased.status === 503 ? undefined : { userId, list, held, erased }
}

for (const [moment, wait] of Object.entries(waits)) {
  test.serial(`places that are taken while their buyer is erased stay the buyer’s: ${moment}`, async (t) => {
    let raced: Awaited<ReturnType<typeof holdDuringErasure>>
    for (let round = 0; raced === undefined && round < 5; round += 1) raced = await holdDuringErasure(wait)
    if (raced === undefined) throw new Error('no erasure waited long enough')
    const { userId, list, held, erased } = raced
    t.is(held.status, 201, held.text)
    t.is(erased.status, wait.status, erased.text)
    t.is((await ask(`${system.url}/holds/${held.body.id}?user_id=${userId}`)).body.status, 'active')
    if (wait.isOpen) t.is((await ask(list)).body.status, 'waiting')
    await releaseHold(system.url, held.body.id, userId)
  })
}
