import test from 'ava'
import type { RequestOf } from '#shared/contracts/contract.ts'
import { changeHold, holdSeats, releaseHold, viewHold } from '#shared/contracts/holds.ts'
import { beginPayment, cancelTickets, confirmHold, revokeBooking } from '#shared/contracts/payment-steps.ts'
import { viewSeatStates } from '#shared/contracts/seats.ts'
import { setSale } from '#shared/contracts/stock.ts'
import {
  joinWaitingList,
  leaveWaitingList,
  listWaitingEntries,
  viewWaitingEntry,
  type WaitingEntry,
} from '#shared/contracts/waiting-list.ts'
import type { Database, Postgres } from '#shared/database/postgres.ts'
import { errorCodeOf } from '#shared/errors.ts'
import { newId, parsePublicId } from '#shared/ids.ts'
import { Metrics } from '#shared/observability/metrics.ts'
import { bookingRetention } from '../../workers/booking/retention.ts'
import { WaitingListMetrics } from '../../workers/booking/waiting-list/metrics.ts'
import { offerPlaces, offerPlacesOf } from '../../workers/booking/waiting-list/offer-places.ts'
import { lockList } from '../../workers/booking/waiting-list/store.ts'
import { type House, startBookingWorkers } from '../support/booking-workers.ts'
import { buyTickets } from '../support/bought-tickets.ts'
import { deleteOld } from '../support/delete-old.ts'
import { forFile } from '../support/for-file.ts'
import { seatNosOf } from '../support/seat-numbers.ts'
import { sweepAll } from '../support/sweep-all.ts'
import { until } from '../support/until.ts'
import { serveLists, waitingListParts } from '../support/waiting-lists.ts'

/* One at a time: each serves all lists of the database. */

const workers = forFile(() => startBookingWorkers({ instances: 2 }))

type Joining = Partial<RequestOf<typeof joinWaitingList>>

const join = (eventId: string, as: string, wish: Joining = {}) =>
  workers.ask(joinWaitingList, { event_id: eventId, qty: 1, ...wish }, { as })
const refusalOfJoining = (eventId: string, as: string, wish: Joining = {}) =>
  workers.refusal(joinWaitingList, { event_id: eventId, qty: 1, ...wish }, { as })
const entryOf = (eventId: string, as: string) => workers.ask(viewWaitingEntry, { event_id: eventId }, { as })
const statusOf = async (eventId: string, as: string) => (await entryOf(eventId, as)).status
const leave = (eventId: string, as: string) => workers.ask(leaveWaitingList, { event_id: eventId }, { as })
const release = (hold: { id: string }, as: string) => workers.ask(releaseHold, { hold_id: hold.id }, { as })
const stand = (eventId: string, as: string, qty: number, area = 'Floor') =>
  workers.ask(holdSeats, { event_id: eventId, areas: [{ area, qty }] }, { as })
const serve = () => serveLists(workers.postgres)
const setStatus = (event_id: string, status: RequestOf<typeof setSale>['status'], times = {}) =>
  workers.ask(setSale, { event_id, status, on_sale_at: null, off_sale_at: null, ...times })

/** A row of seats, each held by a buyer named after it. */
async function fullHouse(seats: number, house: House = {}) {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: seats, ...house })
  const places = seats * (house.rows ?? 1)
  const holds = await Promise.all(
    Array.from({ length: places }, (_, seatNo) => workers.hold(eventId, [seatNo], `seat-${seatNo}`)),
  )
  const free = async (...seatNos: number[]) => {
    for (const seatNo of seatNos) {
      const hold = holds[seatNo]
      if (hold !== undefined) await release(hold, `seat-${seatNo}`)
    }
  }
  return { eventId, holds, free }
}

/** The numbers of the seats that a buyer is offered. */
async function seatsOffered(eventId: string, as: string): Promise<number[]> {
  const { hold_id } = await entryOf(eventId, as)
  return hold_id === null ? [] : seatNosOf((await workers.ask(viewHold, { hold_id }, { as })).places)
}

test.serial('while such a place is free nobody joins the list, and the refusal says where to hold it', async (t) => {
  const { eventId, free } = await fullHouse(3)
  await free(1)
  const refused = await refusalOfJoining(eventId, 'ada', { qty: 2 })
  t.is(refused.code, 'not_sold_out')
  t.deepEqual(refused.extra, { left: 1, hold_url: `/events/${eventId}/holds` })
  await workers.hold(eventId, [1], 'bob')
  t.like(await join(eventId, 'ada', { qty: 2 }), { status: 'waiting', qty: 2, ahead: 0, overtaken: 0, hold_id: null })
})

test.serial('a buyer has one open entry of an event, however often and wherever they join', async (t) => {
  const { eventId } = await fullHouse(2)
  const asked = await Promise.allSettled(Array.from({ length: 6 }, () => join(eventId, 'ada')))
  t.is(asked.filter(({ status }) => status === 'fulfilled').length, 1)
  t.is((await refusalOfJoining(eventId, 'ada')).code, 'already_waiting')
  t.is((await join(eventId, 'bob')).ahead, 1)
  const key = newId()
  const request = { event_id: eventId, qty: 1 }
  const first = await workers.ask(joinWaitingList, request, { as: 'cat', idempotencyKey: key })
  t.deepEqual(await workers.ask(joinWaitingList, request, { as: 'cat', idempotencyKey: key }), first)
  await leave(eventId, 'ada')
  await leave(eventId, 'ada')
  t.is(await statusOf(eventId, 'ada'), 'left')
  t.is((await entryOf(eventId, 'bob')).ahead, 0)
  t.is((await join(eventId, 'ada')).ahead, 2)
  const { items } = await workers.ask(listWaitingEntries, {}, { as: 'ada' })
  t.deepEqual(items.map(({ status }) => status).slice(0, 2), ['waiting', 'left'])
  const page = await workers.ask(listWaitingEntries, { limit: 1 }, { as: 'ada' })
  const next = await workers.ask(listWaitingEntries, { limit: 1, cursor: page.next_cursor ?? '' }, { as: 'ada' })
  t.deepEqual([...page.items, ...next.items], items.slice(0, 2))
  t.is((await workers.refusal(viewWaitingEntry, { event_id: eventId }, { as: 'stranger' })).code, 'not_found')
})

test.serial('places go to the first buyer they can meet, and are kept for one overtaken three times', async (t) => {
  const { eventId, free } = await fullHouse(8)
  for (const [buyer, qty] of Object.entries({ four: 4, pair: 2, one: 1, two: 2, last: 1 })) {
    await join(eventId, buyer, { qty })
  }
  const seen = async () => {
    const entries = await Promise.all(['four', 'pair', 'one', 'two', 'last'].map((buyer) => entryOf(eventId, buyer)))
    return entries.map(({ status, overtaken }) => `${status} ${overtaken}`)
  }
  await free(0, 1)
  await serve()
  t.deepEqual(await seen(), ['waiting 1', 'offered 0', 'waiting 0', 'waiting 0', 'waiting 0'])
  t.deepEqual(await seatsOffered(eventId, 'pair'), [0, 1])
  await free(2)
  await serve()
  t.deepEqual(await seen(), ['waiting 2', 'offered 0', 'offered 0', 'waiting 0', 'waiting 0'])
  await free(3)
  await serve()
  t.deepEqual(await seen(), ['waiting 3', 'offered 0', 'offered 0', 'waiting 1', 'offered 0'])
  await free(4, 5)
  await serve()
  t.deepEqual(await seen(), ['waiting 3', 'offered 0', 'offered 0', 'waiting 1', 'offered 0'])
  await free(6, 7)
  await serve()
  t.deepEqual(await seen(), ['offered 3', 'offered 0', 'offered 0', 'waiting 1', 'offered 0'])
  t.deepEqual(await seatsOffered(eventId, 'four'), [4, 5, 6, 7])
})

test.serial('an offer not paid for in time goes to the next in line, one that is bought ends the entry', async (t) => {
  const { eventId, free } = await fullHouse(2)
  for (const buyer of ['ada', 'bob', 'cat']) await join(eventId, buyer)
  await free(0)
  await serve()
  const offer = await entryOf(eventId, 'ada')
  t.is(offer.status, 'offered')
  t.true((offer.offer_expires_in_ms ?? 0) > 1_700_000, 'longer than a hold')
  const { hold_id: first = null } = offer
  await workers.letRunOut({ id: first ?? '' })
  t.is(await statusOf(eventId, 'ada'), 'expired')
  await serve()
  t.deepEqual([await statusOf(eventId, 'ada'), await statusOf(eventId, 'bob')], ['expired', 'offered'])
  await release({ id: (await entryOf(eventId, 'bob')).hold_id ?? '' }, 'bob')
  await serve()
  t.deepEqual([await statusOf(eventId, 'bob'), await statusOf(eventId, 'cat')], ['left', 'offered'])
  const last = await entryOf(eventId, 'cat')
  const hold_id = last.hold_id ?? ''
  const { hard_cap_at } = await workers.ask(viewHold, { hold_id }, { as: 'cat' })
  t.is(Date.parse(hard_cap_at) - Date.parse(last.offer_expires_at ?? ''), 120_000, 'to pay at the last moment')
  const { booking_id } = await workers.ask(beginPayment, { hold_id }, { as: 'cat' })
  t.is((await workers.refusal(leaveWaitingList, { event_id: eventId }, { as: 'cat' })).code, 'hold_paying')
  await workers.ask(confirmHold, { booking_id })
  t.is(await statusOf(eventId, 'cat'), 'converted')
  await serve()
  t.like(await entryOf(eventId, 'cat'), { status: 'converted', offer_expires_at: null })
  t.is((await join(eventId, 'ada')).ahead, 0)
})

test.serial('who leaves the list with an offer gives it to the next in line', async (t) => {
  const { eventId, free } = await fullHouse(1)
  await join(eventId, 'ada')
  await join(eventId, 'bob')
  await free(0)
  await serve()
  await leave(eventId, 'ada')
  await serve()
  t.deepEqual([await statusOf(eventId, 'ada'), await statusOf(eventId, 'bob')], ['left', 'offered'])
})

test.serial('places that come back in any way go to the list, GA tickets too', async (t) => {
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString()
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 4, areas: { Floor: { capacity: 2 } } })
  await setStatus(eventId, 'on_sale', { cancel_until: tomorrow })
  const [slow, sure] = [await workers.hold(eventId, [0], 'slow'), await workers.hold(eventId, [3], 'sure')]
  const bought = await buyTickets(workers, { eventId, as: 'bought', seat_nos: [1] })
  const unpaid = await buyTickets(workers, { eventId, as: 'unpaid', seat_nos: [2], captured: false })
  const floor = await stand(eventId, 'floor', 2)
  const getsOne = async (buyer: string, wish: Joining, bringBack: () => Promise<unknown>) => {
    await join(eventId, buyer, wish)
    await serve()
    t.is(await statusOf(eventId, buyer), 'waiting')
    await bringBack()
    await serve()
    t.is(await statusOf(eventId, buyer), 'offered', buyer)
  }
  const wish = { refund_id: newId(), reason: 'buyer' as const }
  await getsOne('after a hold ran out', {}, () => workers.letRunOut(slow))
  await getsOne('after a cancellation', {}, () =>
    workers.ask(cancelTickets, { booking_id: bought.id, ...wish }, { as: 'bought' }),
  )
  await getsOne('after a revocation', {}, () => workers.ask(revokeBooking, { booking_id: unpaid.id, attempt: 1 }))
  await getsOne('after a release', { section: 'Stalls' }, () => release(sure, 'sure'))
  await getsOne('on the floor', { area: 'Floor', qty: 2 }, async () => {
    await workers.letRunOut(floor)
    // Its counter was locked when it ended, so its tickets were passed over.
    await workers.postgres.query(
      `UPDATE booking.holds SET status = 'expired', ended_at = now() WHERE event_id = $1 AND user_id = 'floor'`,
      [eventId],
    )
  })
})

test.serial('nobody else gets a place that somebody waits for, from the moment it is free', async (t) => {
  const { eventId, free, holds } = await fullHouse(4, { areas: { Floor: { capacity: 2 } } })
  const floor = await stand(eventId, 'floor', 2)
  await join(eventId, 'four', { qty: 4 })
  await free(1)
  const [first] = holds
  if (first !== undefined) await workers.letRunOut(first)
  await workers.letRunOut(floor)
  const refused = async (selection: Omit<RequestOf<typeof holdSeats>, 'event_id'>) => {
    const { code, extra } = await workers.refusal(holdSeats, { event_id: eventId, ...selection }, { as: 'eve' })
    return [code, extra.join_url]
  }
  // They show as available: what is waited for stands beside them.
  const shown = await workers.ask(viewSeatStates, { event_id: eventId })
  t.like(shown, { available: 2, waited_for: [{ kind: 'any', name: null }] })
  const kept = ['waiting_list_first', `/events/${eventId}/waiting-list`]
  for (const when of ['before the list is served', 'afterwards']) {
    t.deepEqual(await refused({ seat_nos: [1] }), kept, when)
    t.deepEqual(await refused({ seat_nos: [0, 2] }), kept, when)
    t.deepEqual(await refused({ best_available: { qty: 1 } }), kept, when)
    t.deepEqual(await refused({ areas: [{ area: 'Floor', qty: 1 }] }), kept, when)
    const swap = { hold_id: holds[3]?.id ?? '', seat_nos: [1] }
    t.is((await workers.refusal(changeHold, swap, { as: 'seat-3' })).code, 'waiting_list_first', when)
    await serve()
  }
  t.like(await entryOf(eventId, 'four'), { status: 'waiting', overtaken: 0 })
  t.is((await join(eventId, 'eve')).status, 'waiting')
  await serve()
  t.is(await statusOf(eventId, 'eve'), 'offered', 'who joins gets what is too little for those before')
  t.is((await entryOf(eventId, 'four')).overtaken, 1)
  await leave(eventId, 'four')
  t.is((await stand(eventId, 'bob', 1)).status, 'active')
})

test.serial('a buyer keeps and reduces what they hold while others wait for such places', async (t) => {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 2, areas: { Floor: { capacity: 4 } } })
  const seats = await workers.hold(eventId, [0, 1], 'ada')
  const floor = await stand(eventId, 'bob', 3)
  await stand(eventId, 'dan', 1)
  await join(eventId, 'cat', { qty: 2 })
  await workers.ask(changeHold, { hold_id: seats.id, extend: true }, { as: 'ada' })
  const { places } = await workers.ask(changeHold, { hold_id: seats.id, seat_nos: [1] }, { as: 'ada' })
  t.deepEqual(seatNosOf(places), [1])
  const fewer = { hold_id: floor.id, areas: [{ area: 'Floor', qty: 2 }] }
  t.is((await workers.ask(changeHold, fewer, { as: 'bob' })).status, 'active')
  const more = { hold_id: floor.id, areas: [{ area: 'Floor', qty: 3 }] }
  t.is((await workers.refusal(changeHold, more, { as: 'bob' })).code, 'waiting_list_first')
})

test.serial('who waits for one section, tier or area keeps only that from others', async (t) => {
  const eventId = await workers.openHouse({
    rows: 3,
    seatsPerRow: 2,
    tiers: ['Gold', 'Silver'].map((name) => ({ name, steps: [] })),
    rowOf: (row) => ({ section: ['Left', 'Right', 'Box'][row] ?? '', tier: row === 2 ? 1 : 0, accessible: row === 2 }),
    areas: { Floor: { capacity: 2 }, Lawn: { capacity: 2 } },
  })
  const left = await workers.hold(eventId, [0, 1], 'left')
  const box = await workers.hold(eventId, [4, 5], 'box')
  const floor = await stand(eventId, 'floor', 2)
  t.is((await refusalOfJoining(eventId, 'ada', { section: 'Right' })).code, 'not_sold_out')
  await join(eventId, 'ada', { section: 'Left', qty: 2 })
  await join(eventId, 'wheels', { accessible: true, qty: 2 })
  await join(eventId, 'floor-fan', { area: 'Floor', qty: 2 })
  await workers.ask(changeHold, { hold_id: left.id, seat_nos: [0] }, { as: 'left' })
  await workers.ask(changeHold, { hold_id: box.id, seat_nos: [4] }, { as: 'box' })
  await release(floor, 'floor')
  const best = (wish: object) => ({ event_id: eventId, best_available: { qty: 2, ...wish } })
  t.deepEqual(seatNosOf((await workers.ask(holdSeats, best({}), { as: 'eve' })).places), [2, 3])
  const refused = async (wish: object) => (await workers.refusal(holdSeats, best(wish), { as: 'dan' })).code
  t.is(await refused({ section: 'Left', qty: 1 }), 'waiting_list_first')
  t.is(await refused({ accessible: true, qty: 1 }), 'waiting_list_first')
  t.is(await refused({ qty: 1 }), 'not_enough_left')
  t.is((await stand(eventId, 'dan', 2, 'Lawn')).status, 'active')
  await serve()
  const seen = await Promise.all(['ada', 'wheels', 'floor-fan'].map((buyer) => statusOf(eventId, buyer)))
  t.is(seen.join(' '), 'waiting waiting offered')
})

test.serial('what can never be served is refused, naming the field, and nothing is stored', async (t) => {
  const { eventId } = await fullHouse(3, { maxTicketsPerUser: 4 })
  const pointers = async (wish: Joining) => {
    const { code, extra } = await refusalOfJoining(eventId, 'ada', wish)
    return [code, ...((extra.errors as { pointer: string }[] | undefined) ?? []).map(({ pointer }) => pointer)]
  }
  t.deepEqual(await pointers({ qty: 4 }), ['validation_failed', '/qty'])
  t.deepEqual(await pointers({ qty: 5 }), ['ticket_limit'])
  t.deepEqual(await pointers({ tier: 'Platinum' }), ['validation_failed', '/tier'])
  t.deepEqual(await pointers({ section: 'Moon' }), ['validation_failed', '/section'])
  t.deepEqual(await pointers({ area: 'Floor' }), ['validation_failed', '/area'])
  t.deepEqual(await pointers({ accessible: true }), ['validation_failed', '/accessible'])
  t.deepEqual((await pointers({ tier: 'Standard', section: 'Stalls' }))[0], 'validation_failed')
  t.is((await workers.refusal(viewWaitingEntry, { event_id: eventId }, { as: 'ada' })).code, 'not_found')
})

test.serial('a buyer who holds places, or has too many by then, gets no offer, and delays nobody', async (t) => {
  const { eventId, free } = await fullHouse(4, { maxTicketsPerUser: 2 })
  await join(eventId, 'seat-3', { qty: 1 })
  await join(eventId, 'rich', { qty: 2 })
  await join(eventId, 'bob', { qty: 1 })
  const waitFor = (kinds: string) =>
    workers.postgres.query('UPDATE booking.sales SET waited_for = $2 WHERE event_id = $1', [eventId, kinds])
  await waitFor('[]')
  await free(0)
  await workers.buy(eventId, [0], 'rich')
  await waitFor('[{"kind": "any", "name": null}]')
  await free(1, 2)
  await serve()
  await serve()
  t.like(await entryOf(eventId, 'rich'), { status: 'ended', ended_because: 'ticket_limit' })
  t.like(await entryOf(eventId, 'seat-3'), { status: 'waiting', overtaken: 0 })
  t.is(await statusOf(eventId, 'bob'), 'offered')
})

test.serial('entries end with their event or its sale, and say why', async (t) => {
  const inAnHour = new Date(Date.now() + 3_600_000).toISOString()
  const endings: [WaitingEntry['ended_because'], (eventId: string) => Promise<unknown>][] = [
    ['event_cancelled', (eventId) => setStatus(eventId, 'cancelled')],
    ['event_rescheduled', (eventId) => setStatus(eventId, 'postponed')],
    ['event_rescheduled', (eventId) => setStatus(eventId, 'on_sale', { off_sale_at: inAnHour })],
    ['sale_ended', (eventId) => setStatus(eventId, 'off_sale')],
  ]
  for (const [reason, end] of endings) {
    const { eventId, free } = await fullHouse(2)
    for (const buyer of ['ada', 'bob', 'cat']) await join(eventId, buyer)
    await free(0)
    await serve()
    await end(eventId)
    for (const when of ['at once', 'once it is written down']) {
      const ended = { status: 'ended', ended_because: reason, ahead: null }
      t.like(await entryOf(eventId, 'bob'), ended, `${reason} ${when}`)
      t.is(await statusOf(eventId, 'ada'), reason === 'event_cancelled' ? 'ended' : 'offered')
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
  const off_sale_at = new Date(Date.now() + 3_600_000).toISOString()
  const { eventId, free } = await fullHouse(2)
  await join(eventId, 'ada')
  await setStatus(eventId, 'on_sale', { off_sale_at })
  await join(eventId, 'bob')
  await setStatus(eventId, 'on_sale')
  await free(0, 1)
  t.is(await offerPlacesOf(waitingListParts(workers.postgres), eventId), 1)
  for (const when of ['at once', 'once it is written down']) {
    t.is(await statusOf(eventId, 'ada'), 'offered', when)
    t.like(await entryOf(eventId, 'bob'), { status: 'ended', ended_because: 'event_rescheduled', hold_id: null }, when)
    await serve()
  }
  t.is((await workers.hold(eventId, [1], 'eve')).status, 'active', 'nobody waits for it any more')
})

test.serial('a paused sale keeps its list and offers nothing until it goes on', async (t) => {
  const { eventId, free } = await fullHouse(1)
  await join(eventId, 'ada')
  await free(0)
  await setStatus(eventId, 'paused')
  await serve()
  t.is(await statusOf(eventId, 'ada'), 'waiting')
  t.is((await refusalOfJoining(eventId, 'bob')).code, 'sale_paused')
  await setStatus(eventId, 'on_sale')
  await serve()
  t.is(await statusOf(eventId, 'ada'), 'offered')
})

test.serial('where sales need a pass, an offer has its entry as pass', async (t) => {
  const { eventId, free } = await fullHouse(1)
  await join(eventId, 'ada')
  await setStatus(eventId, 'on_sale', { needs_pass: true })
  await free(0)
  await serve()
  const { id, status } = await entryOf(eventId, 'ada')
  t.is(status, 'offered')
  const sql = `SELECT pass_id FROM booking.holds WHERE event_id = $1 AND user_id = 'ada'`
  const passes = await workers.postgres.query(sql, [eventId])
  t.deepEqual(passes, [{ pass_id: parsePublicId(id)?.ownId }])
})

test.serial('every step of an entry is told as a fact that names nobody', async (t) => {
  const { eventId, free } = await fullHouse(3)
  await join(eventId, 'pair', { qty: 2 })
  await join(eventId, 'ada')
  await free(0)
  await serve()
  await workers.letRunOut({ id: (await entryOf(eventId, 'ada')).hold_id ?? '' })
  await serve()
  await leave(eventId, 'pair')
  const facts = await workers.postgres.query<{ what: string; payload: Record<string, unknown> }>(
    `SELECT split_part(subject, '.', 5) AS what, payload FROM booking.outbox
     WHERE subject LIKE 'ticketing.fact.waiting-list.' || $1 || '.%' ORDER BY id`,
    [eventId],
  )
  t.deepEqual(facts.map(({ what }) => what).sort(), ['expired', 'left', 'offered', 'overtaken'])
  const offered = facts.find(({ what }) => what === 'offered')?.payload
  t.like(offered, { status: 'offered', offer_expires_in_ms: 1_800_000, overtaken: 0, ended_because: null })
  t.like(facts.find(({ what }) => what === 'overtaken')?.payload, { status: 'waiting', overtaken: 1 })
  t.notRegex(JSON.stringify(facts), /ada|pair/)
})

test.serial('how long the lists are, and how many offers were made and ran out, is counted', async (t) => {
  await workers.postgres.query(
    `UPDATE booking.waiting_list SET status = 'left', ended_at = now() WHERE status IN ('waiting', 'offered')`,
  )
  const { eventId, free } = await fullHouse(2)
  for (const buyer of ['ada', 'bob', 'cat']) await join(eventId, buyer)
  const metrics = new Metrics('test')
  const parts = { ...waitingListParts(workers.postgres), metrics: new WaitingListMetrics(metrics) }
  await free(0)
  await offerPlaces(parts)
  await workers.letRunOut({ id: (await entryOf(eventId, 'ada')).hold_id ?? '' })
  await sweepAll(workers.postgres)
  await offerPlaces(parts)
  const { text } = await metrics.expose('')
  const counted = ['length', 'offers_total', 'offers_expired_total'].map(
    (name) => new RegExp(`^waiting_list_${name}{.*} (\\d+)$`, 'm').exec(text)?.[1],
  )
  t.deepEqual(counted, ['1', '2', '1'])
})

test.serial('an entry is kept for 30 days after its end, and an open one as long as it waits', async (t) => {
  const { eventId } = await fullHouse(1)
  await join(eventId, 'ada')
  await leave(eventId, 'ada')
  await join(eventId, 'bob')
  const age = (days: number) =>
    workers.postgres.query(
      `UPDATE booking.waiting_list SET joined_at = now() - $2 * interval '1 day',
         ended_at = CASE WHEN ended_at IS NOT NULL THEN now() - $2 * interval '1 day' END WHERE event_id = $1`,
      [eventId, days],
    )
  await age(29)
  t.deepEqual(await deleteOld(workers.postgres, bookingRetention, 'waiting-list'), {})
  await age(31)
  t.deepEqual(await deleteOld(workers.postgres, bookingRetention, 'waiting-list'), { 'booking.waiting_list': 1 })
  t.is(await statusOf(eventId, 'bob'), 'waiting')
})

test.serial('a worker offers by itself what comes back', async (t) => {
  const sweeping = await startBookingWorkers({ instances: 2, env: { SWEEPER: 'on', OFFER_TTL_MS: '500' } })
  t.teardown(() => sweeping.stop())
  const eventId = await sweeping.openHouse({ rows: 1, seatsPerRow: 1 })
  const hold = await sweeping.hold(eventId, [0], 'eve')
  for (const as of ['ada', 'bob']) await sweeping.ask(joinWaitingList, { event_id: eventId, qty: 1 }, { as })
  await sweeping.ask(releaseHold, { hold_id: hold.id }, { as: 'eve' })
  const status = async (as: string) => (await sweeping.ask(viewWaitingEntry, { event_id: eventId }, { as })).status
  await until('the second got the offer that the first let run out', async () => (await status('bob')) !== 'waiting')
  t.is(await status('ada'), 'expired')
})

test.serial('while hundreds join one list at once, workers sell other events: few connections wait', async (t) => {
  const { eventId } = await fullHouse(1)
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
    const joining = Array.from({ length: 450 }, (_, index) => join(eventId, `buyer-${index}`))
    const all = Promise.allSettled(joining)
    await until('some wait for the list', async () => (await waitingForLock()) > 0)
    await workers.buy(other, [0], 'payer')
    t.true((await waitingForLock()) <= 2)
    return { all }
  })
  const results = await joined.all
  t.true(results.some(({ status }) => status === 'fulfilled'))
  const codes = results.map((result) => result.status === 'rejected' && errorCodeOf(result.reason))
  const refused = codes.filter((code) => code === 'overloaded').length
  t.true(refused >= 450 - 2 * 33, 'each worker has one join under way, and 32 that wait')
})

/** How often somebody got a place before somebody who was first, when so many workers serve one list at once. */
async function skipped(postgres: Pick<Postgres, 'transaction' | 'query'>): Promise<number> {
  const buyers = Array.from({ length: 6 }, (_, index) => `buyer-${index}`)
  const { eventId, free } = await fullHouse(buyers.length)
  for (const buyer of buyers) await join(eventId, buyer)
  const parts = Array.from({ length: 4 }, () => waitingListParts(postgres))
  let wrong = 0
  for (const seatNo of buyers.keys()) {
    await free(seatNo)
    // One that fails has broken a fence: somebody was to be offered two things.
    const served = await Promise.allSettled(parts.map((each) => offerPlacesOf(each, eventId)))
    wrong += served.filter(({ status }) => status === 'rejected').length
    const entries = await workers.postgres.query<{ status: string }>(
      'SELECT status FROM booking.waiting_list WHERE event_id = $1 ORDER BY number',
      [eventId],
    )
    wrong += entries.filter(({ status }, index) => (status === 'offered') !== index <= seatNo).length
  }
  const offered = (await Promise.all(buyers.map((buyer) => seatsOffered(eventId, buyer)))).flat()
  return wrong + offered.length - new Set(offered).size
}

/** Nobody finds the list locked. */
function withoutListLock({ transaction, query }: Pick<Postgres, 'transaction' | 'query'>) {
  const changed = (db: Database): Database => ({
    execute: (text, values) => db.execute(text, values),
    query: (text, values) =>
      db.query(text.includes(`'waiting list '`) ? 'SELECT true AS locked WHERE $1::text IS NOT NULL' : text, values),
  })
  return {
    query,
    transaction: ((work, options) => transaction((db) => work(changed(db)), options)) as typeof transaction,
  }
}

test.serial('workers offer each place of a list once, in order; without its lock they do not', async (t) => {
  const { postgres } = workers
  const real = { transaction: postgres.transaction.bind(postgres), query: postgres.query.bind(postgres) }
  for (let round = 0; round < 2; round++) t.is(await skipped(real), 0)
  const anySkipped = async () => (await skipped(withoutListLock(real))) > 0
  await until('somebody is skipped without the lock', anySkipped, { timeoutMs: 60_000 })
})
