import test from 'ava'
import { joinWaitingList, listWaitingEntries, type WaitingEntry } from '#shared/contracts/waiting-list.ts'
import { Metrics } from '#shared/observability/metrics.ts'
import { bookingRetention } from '../../workers/booking/retention.ts'
import { WaitingListMetrics } from '../../workers/booking/waiting-list/metrics.ts'
import { offerPlaces, offerPlacesOf } from '../../workers/booking/waiting-list/offer-places.ts'
import { lockList } from '../../workers/booking/waiting-list/store.ts'
import { sharedBookingWorkers } from '../support/booking-workers.ts'
import { deleteOld } from '../support/delete-old.ts'
import { sumIn } from '../support/metrics.ts'
import { allPages } from '../support/pages.ts'
import { assertRefused, outcomeOf } from '../support/refusals.ts'
import { sweepAll } from '../support/sweep-all.ts'
import { until } from '../support/until.ts'
import { inAnHour, waitingListParts, waitingListsOf } from '../support/waiting-lists.ts'

/* Entries of waiting lists. One test at a time: each serves all lists of the database. */

const workers = sharedBookingWorkers()
const { fullHouse, serve } = waitingListsOf(workers)

test.serial('while such a place is free nobody joins the list, and the refusal says where to hold it', async (t) => {
  const { eventId, free, join } = await fullHouse(3)
  await free(1)
  const { extra } = await assertRefused(t, join('ada', { qty: 2 }), 'not_sold_out')
  t.deepEqual(extra, { left: 1, hold_url: `/events/${eventId}/holds` })
  await workers.hold(eventId, [1])
  t.like(await join('ada', { qty: 2 }), { status: 'waiting', qty: 2, ahead: 0, overtaken: 0, hold_id: null })
})

test.serial('a buyer has one open entry of an event, however often and wherever they join', async (t) => {
  const { eventId, join, leave, entry, statuses } = await fullHouse(2)
  const outcomes = await Promise.all(Array.from({ length: 6 }, () => outcomeOf(join('ada'), 'joined')))
  t.is(outcomes.filter((outcome) => outcome === 'joined').length, 1)
  await assertRefused(t, join('ada'), 'already_waiting')
  t.is((await join('bob')).ahead, 1)
  const joinByKey = () =>
    workers.ask(joinWaitingList, { event_id: eventId, qty: 1 }, { as: 'cat', idempotencyKey: 'join' })
  t.deepEqual(await joinByKey(), await joinByKey())
  for (const _ of ['once', 'again']) await leave('ada')
  t.is(await statuses('ada'), 'left')
  t.is((await entry('bob')).ahead, 0)
  t.is((await join('ada')).ahead, 2)
  const pages = await allPages((cursor) => workers.ask(listWaitingEntries, { limit: 1, ...cursor }, { as: 'ada' }))
  const own = pages.flat().filter(({ event_id }) => event_id === eventId)
  t.deepEqual(
    own.map(({ status }) => status),
    ['waiting', 'left'],
  )
  await assertRefused(t, entry('stranger'), 'not_found')
})

test.serial('a wish that can never be met is refused, naming the field, and nothing is stored', async (t) => {
  const { join, entry } = await fullHouse(3, { maxTicketsPerUser: 4 })
  for (const [wish, refusal] of [
    [{ qty: 4 }, '/qty'],
    [{ qty: 5 }, 'ticket_limit'],
    [{ tier: 'Platinum' }, '/tier'],
    [{ section: 'Moon' }, '/section'],
    [{ area: 'Floor' }, '/area'],
    [{ accessible: true }, '/accessible'],
    [{ tier: 'Standard', section: 'Stalls' }, 'validation_failed'],
  ] as const) {
    await assertRefused(t, join('ada', wish), refusal)
  }
  await assertRefused(t, entry('ada'), 'not_found')
})

test.serial('entries end with their event or its sale, and say why', async (t) => {
  const endings: [WaitingEntry['ended_because'], Parameters<typeof workers.setSale>[1]][] = [
    ['event_cancelled', { status: 'cancelled' }],
    ['event_rescheduled', { status: 'postponed' }],
    ['event_rescheduled', { off_sale_at: inAnHour() }],
    ['sale_ended', { status: 'off_sale' }],
  ]
  for (const [reason, sale] of endings) {
    const { eventId, free, join, entry, statuses } = await fullHouse(2)
    for (const buyer of ['ada', 'bob', 'cat']) await join(buyer)
    await free(0)
    await serve()
    await workers.setSale(eventId, sale)
    for (const when of ['at once', 'once it is written down']) {
      const ended = { status: 'ended', ended_because: reason, ahead: null }
      t.like(await entry('bob'), ended, `${reason} ${when}`)
      t.is(await statuses('ada'), reason === 'event_cancelled' ? 'ended' : 'offered')
      await serve()
    }
    const open = await workers.postgres.query(
      `SELECT FROM booking.waiting_list WHERE event_id = $1 AND status = 'waiting'
       UNION ALL SELECT FROM booking.sales WHERE event_id = $1 AND waited_for <> '[]'`,
      [eventId],
    )
    t.is(open.length, 0, reason ?? '')
  }
})

test.serial('an entry that is shown as ended gets no offer, also where the end of the sale moved back', async (t) => {
  const { eventId, free, join, entry, statuses } = await fullHouse(2)
  await join('ada')
  await workers.setSale(eventId, { off_sale_at: inAnHour() })
  await join('bob')
  await workers.setSale(eventId)
  await free(0, 1)
  t.is(await offerPlacesOf(waitingListParts(workers.postgres), eventId), 1)
  for (const when of ['at once', 'once it is written down']) {
    t.is(await statuses('ada'), 'offered', when)
    t.like(await entry('bob'), { status: 'ended', ended_because: 'event_rescheduled', hold_id: null }, when)
    await serve()
  }
  t.is((await workers.hold(eventId, [1])).status, 'active', 'nobody waits for it any more')
})

test.serial('a paused sale keeps its list and offers nothing until it goes on', async (t) => {
  const { eventId, free, join, statuses } = await fullHouse(1)
  await join('ada')
  await free(0)
  await workers.setSale(eventId, { status: 'paused' })
  await serve()
  t.is(await statuses('ada'), 'waiting')
  await assertRefused(t, join('bob'), 'sale_paused')
  await workers.setSale(eventId)
  await serve()
  t.is(await statuses('ada'), 'offered')
})

test.serial('every step of an entry is a fact that names nobody', async (t) => {
  const { eventId, free, join, leave, offer } = await fullHouse(3)
  await join('pair', { qty: 2 })
  await join('ada')
  await free(0)
  await serve()
  await workers.letRunOut(await offer('ada'))
  await serve()
  await leave('pair')
  const facts = await workers.postgres.query<{ what: string; payload: Record<string, unknown> }>(
    `SELECT split_part(subject, '.', 5) AS what, payload FROM booking.outbox
     WHERE subject LIKE 'ticketing.fact.waiting-list.' || $1 || '.%' ORDER BY id`,
    [eventId],
  )
  t.deepEqual(facts.map(({ what }) => what).sort(), ['expired', 'left', 'offered', 'overtaken'])
  const offered = facts.find(({ what }) => what === 'offered')?.payload
  t.like(offered, { status: 'offered', offer_expires_in_ms: 1_800_000, overtaken: 0, ended_because: null })
  t.like(facts.find(({ what }) => what === 'overtaken')?.payload, { status: 'waiting', overtaken: 1 })
  t.notRegex(JSON.stringify(facts), /\b(ada|pair)\b/)
})

test.serial('how long the lists are, and how many offers were made and ran out, is counted', async (t) => {
  await workers.postgres.query(
    `UPDATE booking.waiting_list SET status = 'left', ended_at = now() WHERE status IN ('waiting', 'offered')`,
  )
  const { free, join, offer } = await fullHouse(2)
  for (const buyer of ['ada', 'bob', 'cat']) await join(buyer)
  const metrics = new Metrics('test')
  const parts = { ...waitingListParts(workers.postgres), metrics: new WaitingListMetrics(metrics) }
  await free(0)
  await offerPlaces(parts)
  await workers.letRunOut(await offer('ada'))
  await sweepAll(workers.postgres)
  await offerPlaces(parts)
  const { text } = await metrics.expose('')
  const counted = ['length', 'offers_total', 'offers_expired_total'].map((name) => sumIn(text, `waiting_list_${name}`))
  t.deepEqual(counted, [1, 2, 1])
})

test.serial('an entry is kept for 30 days after its end, and an open one as long as it waits', async (t) => {
  const { eventId, join, leave, statuses } = await fullHouse(1)
  await join('ada')
  await leave('ada')
  await join('bob')
  const deletedAfter = async (days: number) => {
    await workers.postgres.query(
      `UPDATE booking.waiting_list SET joined_at = now() - $2 * interval '1 day',
         ended_at = CASE WHEN ended_at IS NOT NULL THEN now() - $2 * interval '1 day' END WHERE event_id = $1`,
      [eventId, days],
    )
    return deleteOld(workers.postgres, bookingRetention, 'waiting-list')
  }
  t.deepEqual(await deletedAfter(29), {})
  t.deepEqual(await deletedAfter(31), { 'booking.waiting_list': 1 })
  t.is(await statuses('bob'), 'waiting')
})

test.serial('while hundreds join one list at once, workers sell other events: few connections wait', async (t) => {
  const { eventId, join } = await fullHouse(1)
  const other = await workers.openHouse({ rows: 1, seatsPerRow: 2 })
  const waitingForLock = async () => {
    const [counted] = await workers.postgres.query<{ waiting: number }>(
      `SELECT count(*)::int AS waiting FROM pg_locks JOIN pg_database AS own ON own.oid = pg_locks.database
       WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()`,
    )
    return counted?.waiting ?? 0
  }
  const joined = await workers.postgres.transaction(async (db) => {
    await lockList(db, eventId)
    const all = Promise.all(Array.from({ length: 450 }, (_, index) => outcomeOf(join(`buyer-${index}`), 'joined')))
    await until('some wait for the list', async () => (await waitingForLock()) > 0)
    await workers.buy(other, [0])
    t.true((await waitingForLock()) <= 2)
    return { all }
  })
  const outcomes = await joined.all
  t.true(outcomes.includes('joined'))
  const refused = outcomes.filter((outcome) => outcome === 'overloaded').length
  t.true(refused >= 450 - 2 * 33, 'each worker has one join under way, and 32 that wait')
})
