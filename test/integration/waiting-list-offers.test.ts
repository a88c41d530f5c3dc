import test from 'ava'
import { cancelTickets, revokeBooking } from '#shared/contracts/payment-steps.ts'
import { viewSeatStates } from '#shared/contracts/seats.ts'
import { joinWaitingList, viewWaitingEntry } from '#shared/contracts/waiting-list.ts'
import type { Database, Postgres } from '#shared/database/postgres.ts'
import { newId, parsePublicId } from '#shared/ids.ts'
import { offerPlacesOf } from '../../workers/booking/waiting-list/offer-places.ts'
import { sharedBookingWorkers, startBookingWorkers, type Wanted } from '../support/booking-workers.ts'
import { assertRefused } from '../support/refusals.ts'
import { seatNosOf } from '../support/seat-numbers.ts'
import { until } from '../support/until.ts'
import { inAnHour, type Joining, waitingListParts, waitingListsOf } from '../support/waiting-lists.ts'

/* Places that come back, and who gets them. One test at a time: each serves all lists of the database. */

const workers = sharedBookingWorkers()
const { listOf, fullHouse, serve } = waitingListsOf(workers)

const floor = (qty: number): Wanted => ({ areas: [{ area: 'Floor', qty }] })

test.serial('places go to the first buyer they can meet, and are kept for one overtaken three times', async (t) => {
  const { free, join, entry, offer } = await fullHouse(8)
  const buyers = { four: 4, pair: 2, one: 1, two: 2, last: 1 }
  for (const [buyer, qty] of Object.entries(buyers)) await join(buyer, { qty })
  const seatsOffered = async (as: string) => seatNosOf((await workers.viewHold(await offer(as))).places)
  /** Status of each, and how often they were overtaken, once these seats are free. */
  const afterFreeing = async (...seatNos: number[]) => {
    await free(...seatNos)
    await serve()
    const entries = await Promise.all(Object.keys(buyers).map(entry))
    return entries.map(({ status, overtaken }) => `${status} ${overtaken}`).join(', ')
  }
  t.is(await afterFreeing(0, 1), 'waiting 1, offered 0, waiting 0, waiting 0, waiting 0')
  t.deepEqual(await seatsOffered('pair'), [0, 1])
  t.is(await afterFreeing(2), 'waiting 2, offered 0, offered 0, waiting 0, waiting 0')
  t.is(await afterFreeing(3), 'waiting 3, offered 0, offered 0, waiting 1, offered 0')
  t.is(await afterFreeing(4, 5), 'waiting 3, offered 0, offered 0, waiting 1, offered 0')
  t.is(await afterFreeing(6, 7), 'offered 3, offered 0, offered 0, waiting 1, offered 0')
  t.deepEqual(await seatsOffered('four'), [4, 5, 6, 7])
})

test.serial('an offer not paid for in time goes to the next in line, one that is bought ends the entry', async (t) => {
  const { free, join, leave, entry, statuses, offer } = await fullHouse(2)
  for (const buyer of ['ada', 'bob', 'cat']) await join(buyer)
  await free(0)
  await serve()
  const first = await entry('ada')
  t.is(first.status, 'offered')
  t.true((first.offer_expires_in_ms ?? 0) > 1_700_000, 'longer than a hold')
  await workers.letRunOut(await offer('ada'))
  t.is(await statuses('ada'), 'expired')
  await serve()
  t.is(await statuses('ada', 'bob'), 'expired offered')
  await workers.release(await offer('bob'))
  await serve()
  t.is(await statuses('bob', 'cat'), 'left offered')
  const hold = await workers.viewHold(await offer('cat'))
  const { offer_expires_at } = await entry('cat')
  t.is(Date.parse(hold.hard_cap_at) - Date.parse(offer_expires_at ?? ''), 120_000, 'to pay at the last moment')
  const bookingId = await workers.beginPayment(hold)
  await assertRefused(t, leave('cat'), 'hold_paying')
  await workers.confirm(bookingId)
  t.is(await statuses('cat'), 'converted')
  await serve()
  t.like(await entry('cat'), { status: 'converted', offer_expires_at: null })
  t.is((await join('ada')).ahead, 0)
})

test.serial('who leaves the list with an offer gives it to the next in line', async (t) => {
  const { free, join, leave, statuses } = await fullHouse(1)
  for (const buyer of ['ada', 'bob']) await join(buyer)
  await free(0)
  await serve()
  await leave('ada')
  await serve()
  t.is(await statuses('ada', 'bob'), 'left offered')
})

test.serial('places that come back in any way go to the list, GA tickets too', async (t) => {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 4, areas: { Floor: { capacity: 2 } } })
  await workers.setSale(eventId, { cancel_until: inAnHour() })
  const { join, statuses } = listOf(eventId)
  const [slow, sure] = [await workers.hold(eventId, [0]), await workers.hold(eventId, [3])]
  const bought = await workers.buyTickets(eventId, [1], 'bought')
  const unpaid = await workers.buy(eventId, [2])
  const onFloor = await workers.hold(eventId, floor(2), 'floor')
  const getsOne = async (buyer: string, wish: Joining, bringBack: () => Promise<unknown>) => {
    await join(buyer, wish)
    await serve()
    t.is(await statuses(buyer), 'waiting')
    await bringBack()
    await serve()
    t.is(await statuses(buyer), 'offered', buyer)
  }
  const cancellation = { booking_id: bought.id, refund_id: newId(), reason: 'buyer' as const }
  await getsOne('after a hold ran out', {}, () => workers.letRunOut(slow))
  await getsOne('after a cancellation', {}, () => workers.ask(cancelTickets, cancellation, { as: 'bought' }))
  await getsOne('after a revocation', {}, () => workers.ask(revokeBooking, { booking_id: unpaid, attempt: 1 }))
  await getsOne('after a release', { section: 'Stalls' }, () => workers.release(sure))
  await getsOne('on the floor', { area: 'Floor', qty: 2 }, async () => {
    await workers.letRunOut(onFloor)
    // Its counter was locked when it ended, so its tickets were passed over.
    await workers.postgres.query(
      `UPDATE booking.holds SET status = 'expired', ended_at = now() WHERE event_id = $1 AND user_id = 'floor'`,
      [eventId],
    )
  })
})

test.serial('nobody else gets a place that somebody waits for, from the moment it is free', async (t) => {
  const { eventId, free, holdOf, join, leave, entry, statuses } = await fullHouse(4, {
    areas: { Floor: { capacity: 2 } },
  })
  const onFloor = await workers.hold(eventId, floor(2))
  await join('four', { qty: 4 })
  await free(1)
  await workers.letRunOut(holdOf(0))
  await workers.letRunOut(onFloor)
  // They show as available: what is waited for stands beside them.
  const shown = await workers.ask(viewSeatStates, { event_id: eventId })
  t.like(shown, { available: 2, waited_for: [{ kind: 'any', name: null }] })
  const kept: Wanted[] = [[1], [0, 2], { best_available: { qty: 1 } }, floor(1)]
  for (const when of ['before the list is served', 'afterwards']) {
    for (const wanted of kept) {
      const { extra } = await assertRefused(t, workers.hold(eventId, wanted, 'eve'), 'waiting_list_first', when)
      t.is(extra.join_url, `/events/${eventId}/waiting-list`)
    }
    await assertRefused(t, workers.swap(holdOf(3), [1]), 'waiting_list_first', when)
    await serve()
  }
  t.like(await entry('four'), { status: 'waiting', overtaken: 0 })
  t.is((await join('eve')).status, 'waiting')
  await serve()
  t.is(await statuses('eve'), 'offered', 'who joins gets what is too little for those before')
  t.is((await entry('four')).overtaken, 1)
  await leave('four')
  t.is((await workers.hold(eventId, floor(1))).status, 'active')
})

test.serial('a buyer keeps and reduces what they hold while others wait for such places', async (t) => {
  const eventId = await workers.openHouse({ rows: 1, seatsPerRow: 2, areas: { Floor: { capacity: 4 } } })
  const seats = await workers.hold(eventId, [0, 1])
  const onFloor = await workers.hold(eventId, floor(3))
  await workers.hold(eventId, floor(1))
  await listOf(eventId).join('cat', { qty: 2 })
  await workers.extend(seats)
  t.deepEqual(seatNosOf((await workers.swap(seats, [1])).places), [1])
  t.is((await workers.swap(onFloor, floor(2))).status, 'active')
  await assertRefused(t, workers.swap(onFloor, floor(3)), 'waiting_list_first')
})

test.serial('who waits for one section, tier or area keeps only that from others', async (t) => {
  const eventId = await workers.openHouse({
    rows: 3,
    seatsPerRow: 2,
    tiers: ['Gold', 'Silver'].map((name) => ({ name, steps: [] })),
    rowOf: (row) => ({ section: ['Left', 'Right', 'Box'][row] ?? '', tier: row === 2 ? 1 : 0, accessible: row === 2 }),
    areas: { Floor: { capacity: 2 }, Lawn: { capacity: 2 } },
  })
  const { join, statuses } = listOf(eventId)
  const left = await workers.hold(eventId, [0, 1])
  const box = await workers.hold(eventId, [4, 5])
  const onFloor = await workers.hold(eventId, floor(2))
  await assertRefused(t, join('ada', { section: 'Right' }), 'not_sold_out')
  await join('ada', { section: 'Left', qty: 2 })
  await join('wheels', { accessible: true, qty: 2 })
  await join('floor-fan', { area: 'Floor', qty: 2 })
  await workers.swap(left, [0])
  await workers.swap(box, [4])
  await workers.release(onFloor)
  const best = (wish: object) => workers.hold(eventId, { best_available: { qty: 1, ...wish } })
  t.deepEqual(seatNosOf((await best({ qty: 2 })).places), [2, 3])
  await assertRefused(t, best({ section: 'Left' }), 'waiting_list_first')
  await assertRefused(t, best({ accessible: true }), 'waiting_list_first')
  await assertRefused(t, best({}), 'not_enough_left')
  t.is((await workers.hold(eventId, { areas: [{ area: 'Lawn', qty: 2 }] })).status, 'active')
  await serve()
  t.is(await statuses('ada', 'wheels', 'floor-fan'), 'waiting waiting offered')
})

test.serial('a buyer who holds places, or has too many by then, gets no offer, and delays nobody', async (t) => {
  const { eventId, free, join, entry, statuses } = await fullHouse(4, { maxTicketsPerUser: 2 })
  await join('seat-3')
  await join('rich', { qty: 2 })
  await join('bob')
  const waitFor = (kinds: string) =>
    workers.postgres.query('UPDATE booking.sales SET waited_for = $2 WHERE event_id = $1', [eventId, kinds])
  await waitFor('[]')
  await free(0)
  await workers.buy(eventId, [0], 'rich')
  await waitFor('[{"kind": "any", "name": null}]')
  await free(1, 2)
  for (const _ of ['once', 'again']) await serve()
  t.like(await entry('rich'), { status: 'ended', ended_because: 'ticket_limit' })
  t.like(await entry('seat-3'), { status: 'waiting', overtaken: 0 })
  t.is(await statuses('bob'), 'offered')
})

test.serial('where sales need a pass, an offer has its entry as pass', async (t) => {
  const { eventId, free, join, entry } = await fullHouse(1)
  await join('ada')
  await workers.setSale(eventId, { needs_pass: true })
  await free(0)
  await serve()
  const { id, status } = await entry('ada')
  t.is(status, 'offered')
  const sql = `SELECT pass_id FROM booking.holds WHERE event_id = $1 AND user_id = 'ada'`
  t.deepEqual(await workers.postgres.query(sql, [eventId]), [{ pass_id: parsePublicId(id)?.ownId }])
})

test.serial('a worker offers by itself what comes back', async (t) => {
  const sweeping = await startBookingWorkers({ instances: 2, env: { SWEEPER: 'on', OFFER_TTL_MS: '500' } })
  t.teardown(() => sweeping.stop())
  const eventId = await sweeping.openHouse({ rows: 1, seatsPerRow: 1 })
  const hold = await sweeping.hold(eventId, [0])
  for (const as of ['ada', 'bob']) await sweeping.ask(joinWaitingList, { event_id: eventId, qty: 1 }, { as })
  await sweeping.release(hold)
  const status = async (as: string) => (await sweeping.ask(viewWaitingEntry, { event_id: eventId }, { as })).status
  await until('the second got the offer that the first let run out', async () => (await status('bob')) !== 'waiting')
  t.is(await status('ada'), 'expired')
})

/** How often somebody got a place before somebody who was first, when so many workers serve one list at once. */
async function skipped(postgres: Pick<Postgres, 'transaction' | 'query'>): Promise<number> {
  const buyers = Array.from({ length: 6 }, (_, index) => `buyer-${index}`)
  const { eventId, free, join } = await fullHouse(buyers.length)
  for (const buyer of buyers) await join(buyer)
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
  const [offered] = await workers.postgres.query<{ twice: number }>(
    `SELECT (count(*) - count(DISTINCT seat_no))::int AS twice FROM booking.hold_items JOIN booking.holds ON id = hold_id
     WHERE holds.event_id = $1 AND status = 'active'`,
    [eventId],
  )
  return wrong + (offered?.twice ?? 0)
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
