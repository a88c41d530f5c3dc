import test from 'ava'
import { cancelTickets, recordRefund } from '#shared/contracts/payment-steps.ts'
import { listReports, viewReport } from '#shared/contracts/reports.ts'
import { newId, parsePublicId } from '#shared/ids.ts'
import { sharedBookingWorkers } from '../support/booking-workers.ts'
import { assertRefused } from '../support/refusals.ts'
import { until } from '../support/until.ts'

const workers = sharedBookingWorkers()

const organiser = { caller: { role: 'organiser', id: 'organiser' } } as const
const report = (eventId: string) => workers.ask(viewReport, { event_id: eventId }, organiser)

const tiers = [
  { name: 'Stalls', steps: [{ sold_percent: 20, price_minor: 6_000 }] },
  { name: 'Balcony', steps: [] },
]

/** Two rows of ten, Stalls with a price step and Balcony, and a floor. */
const openHouse = (): Promise<string> =>
  workers.openHouse({
    rows: 2,
    seatsPerRow: 10,
    tiers,
    rowOf: (row) => ({ tier: row, priceMinor: [5_000, 3_000][row] ?? 0 }),
    areas: { Floor: { capacity: 30, priceMinor: 2_000 } },
    maxTicketsPerUser: 20,
  })

/** Takes tickets back for their buyer's refund, which is paid out unless it is only owed. */
async function refund(
  bookingId: string,
  { ticketIds, isPaid = true }: { ticketIds?: string[]; isPaid?: boolean } = {},
) {
  const refundId = newId()
  const wanted = { booking_id: bookingId, refund_id: refundId, reason: 'organiser' } as const
  await workers.ask(cancelTickets, { ...wanted, ...(ticketIds && { ticket_ids: ticketIds }) }, organiser)
  if (isPaid) await workers.ask(recordRefund, { booking_id: bookingId, refund_id: refundId })
}

/** An event of which something was sold, held, let run out, blocked, returned and refunded, at two prices of one tier. */
async function busyEvent(): Promise<string> {
  const eventId = await openHouse()
  await workers.buyTickets(eventId, [0, 1, 2], 'ada')
  // Counted within a second.
  await until('the price step is reached', async () => {
    const hold = await workers.hold(eventId, [9], newId())
    await workers.letRunOut(hold)
    return hold.total_minor === 6_000
  })
  const bob = await workers.buyTickets(eventId, { seat_nos: [3, 4], areas: [{ area: 'Floor', qty: 4 }] }, 'bob')
  const cyd = await workers.buyTickets(eventId, [12, 13], 'cyd')
  const dan = await workers.buyTickets(eventId, { areas: [{ area: 'Floor', qty: 3 }] }, 'dan')
  await refund(bob.id, { ticketIds: bob.tickets.slice(0, 1).map(({ id }) => id) })
  await refund(cyd.id)
  await refund(dan.id, { ticketIds: dan.tickets.slice(0, 1).map(({ id }) => id), isPaid: false })
  await workers.hold(eventId, [15, 16], 'eve')
  await workers.hold(eventId, { areas: [{ area: 'Floor', qty: 2 }] })
  const soon = await workers.hold(eventId, [17], 'gil')
  await endSoon(eventId, soon.id)
  await workers.letRunOut(await workers.hold(eventId, [18], 'hal'))
  await workers.postgres.query(
    `UPDATE booking.event_seats SET state = 'blocked' WHERE event_id = $1 AND seat_no IN (7, 8, 19)`,
    [eventId],
  )
  return eventId
}

async function endSoon(eventId: string, holdId: string): Promise<void> {
  await workers.postgres.query(
    `UPDATE booking.event_seats SET held_until = now() + interval '1 minute' WHERE event_id = $1 AND hold_id = $2`,
    [eventId, parsePublicId(holdId)?.ownId],
  )
}

/** The same figures, counted from the rows one by one. */
async function counted(eventId: string) {
  const rows = <Row>(text: string): Promise<Row[]> => workers.postgres.query<Row>(text, [eventId])
  const seats = await rows<{ seat_no: number; tier_no: number; state: string; over: boolean }>(
    'SELECT seat_no, tier_no, state, held_until <= now() AS over FROM booking.event_seats WHERE event_id = $1',
  )
  const items = await rows<{ seat_no: number | null; price_minor: number }>(
    'SELECT seat_no, price_minor FROM booking.booking_items WHERE event_id = $1 AND live',
  )
  const shards = await rows<{ capacity: number; held: number; sold: number }>(
    'SELECT capacity, held, sold FROM booking.area_shards WHERE event_id = $1',
  )
  const bookings = await rows<{ refunded_minor: number; refund_due_minor: number }>(
    'SELECT refunded_minor, refund_due_minor FROM booking.bookings WHERE event_id = $1',
  )
  const log = await rows<{ what: string; places: number }>(
    'SELECT what, places FROM booking.sale_log WHERE event_id = $1',
  )
  const sum = (numbers: number[]): number => numbers.reduce((total, each) => total + each, 0)
  const tier = (tierNo: number) => {
    const own = seats.filter((seat) => seat.tier_no === tierNo)
    const number = (state: string): number =>
      own.filter((seat) => (seat.state === 'held' && seat.over ? 'available' : seat.state) === state).length
    const nos = new Set(own.map(({ seat_no }) => seat_no))
    return {
      ...{ sold: number('sold'), held: number('held'), free: number('available'), blocked: number('blocked') },
      revenue_minor: sum(
        items.filter((item) => item.seat_no !== null && nos.has(item.seat_no)).map((i) => i.price_minor),
      ),
    }
  }
  const [capacity, held, sold] = [
    sum(shards.map((shard) => shard.capacity)),
    sum(shards.map((shard) => shard.held)),
    sum(shards.map((shard) => shard.sold)),
  ]
  const revenue_minor = sum(items.filter((item) => item.seat_no === null).map((item) => item.price_minor))
  return {
    byName: {
      Stalls: tier(0),
      Balcony: tier(1),
      Floor: { sold, held, free: capacity - held - sold, blocked: 0, revenue_minor },
    },
    revenueMinor: sum(items.map((item) => item.price_minor)),
    refundedMinor: sum(bookings.map((booking) => booking.refunded_minor)),
    dueMinor: sum(bookings.map((booking) => booking.refund_due_minor - booking.refunded_minor)),
    soldByLog: sum(log.map(({ what, places }) => (what === 'sold' ? places : -places))),
  }
}

test('a report says what the database has, place by place and sum by sum', async (t) => {
  const eventId = await busyEvent()
  const reported = await report(eventId)
  const { byName, revenueMinor, refundedMinor, dueMinor, soldByLog } = await counted(eventId)
  for (const { name, kind, price_minor: _, ...figures } of reported.prices) {
    t.deepEqual(figures, byName[name as keyof typeof byName], name)
    t.is(kind, name === 'Floor' ? 'area' : 'tier')
  }
  const prices = reported.prices.map(({ name, price_minor }) => `${name} ${price_minor}`)
  t.deepEqual(prices, ['Stalls 6000', 'Balcony 3000', 'Floor 2000'])
  t.like(reported, {
    ...{ currency: 'EUR', sold: 10, held: 5, blocked: 3, free: 32, held_ending_soon: 1 },
    ...{ revenue_minor: revenueMinor, refunded_minor: refundedMinor, refund_due_minor: dueMinor },
  })
  t.is(reported.sold + reported.held + reported.free + reported.blocked, 50)
  t.true(refundedMinor > 0 && dueMinor > 0)
  t.is(reported.sold_over_time?.sold.at(-1), soldByLog)
  t.is(soldByLog, reported.sold)
})

test('of a cancelled event nothing is free, and its free places count as blocked', async (t) => {
  const eventId = await openHouse()
  await workers.buy(eventId, [0], 'ada')
  await workers.setSale(eventId, { status: 'cancelled' })
  t.like(await report(eventId), { sold: 1, free: 0, held: 0, blocked: 49 })
})

test('sold over time has at most 60 buckets of readable length, however long the sale lasts, and ends with the number sold', async (t) => {
  const days = 24 * 3_600_000
  for (const [age, bucketS] of [
    [4 * 60_000, 5],
    [50 * 60_000, 60],
    [2 * days, 3_600],
    [100 * days, 2 * 86_400],
  ] as const) {
    const eventId = await openHouse()
    const bought = await workers.buyTickets(eventId, [0, 1, 2], 'ada')
    await refund(bought.id, { ticketIds: bought.tickets.slice(0, 1).map(({ id }) => id) })
    const opened = new Date(Date.now() - age)
    await workers.postgres.query(
      `UPDATE booking.sale_log SET at = $2::timestamptz + (CASE what WHEN 'sold' THEN 0.25 ELSE 0.75 END) * (now() - $2::timestamptz)
       WHERE event_id = $1`,
      [eventId, opened],
    )
    await workers.setSale(eventId, { on_sale_at: opened.toISOString() })
    const { sold_over_time: overTime } = await report(eventId)
    t.is(overTime?.bucket_s, bucketS)
    t.is(overTime?.from, opened.toISOString())
    const sold = overTime?.sold ?? []
    t.true(sold.length <= 60 && sold.length >= 40, `${sold.length} buckets`)
    t.deepEqual([...new Set(sold)], [0, 3, 2])
  }
})

test('tickets sold before the log begins are counted too', async (t) => {
  const eventId = await openHouse()
  await workers.buy(eventId, [0, 1], 'ada')
  await workers.postgres.query('DELETE FROM booking.sale_log WHERE event_id = $1', [eventId])
  await workers.buy(eventId, [2], 'bob')
  t.is((await report(eventId)).sold_over_time?.sold.at(-1), 3)
})

test('before its sale an event has a report without a course', async (t) => {
  const eventId = await openHouse()
  t.is((await report(eventId)).sold_over_time, null)
  const later = new Date(Date.now() + 3_600_000).toISOString()
  await workers.setSale(eventId, { on_sale_at: later })
  const { items } = await workers.ask(listReports, { event_ids: [eventId] }, organiser)
  t.deepEqual(items, [{ event_id: eventId, sale: 'announced', places: 50, sold: 0 }])
})

test('ten desks cost one reading: all who ask one worker within three seconds get the same figures', async (t) => {
  const eventId = await openHouse()
  const readings = async (): Promise<number> => {
    const reports = await Promise.all(Array.from({ length: 10 }, () => report(eventId)))
    return new Set(reports.map(({ as_of }) => as_of)).size
  }
  // One a worker, unless the ten take longer than three seconds.
  await until('ten requests share two readings', async () => (await readings()) <= 2)
  await workers.buy(eventId, [0], 'ada')
  await until('the sale is seen', async () => (await report(eventId)).sold === 1)
  t.pass()
})

test('short reports of many events say how much is sold and how the sale stands; unknown ones are left out', async (t) => {
  const [one, other] = [await openHouse(), await openHouse()]
  await workers.buyTickets(one, { seat_nos: [0], areas: [{ area: 'Floor', qty: 3 }] }, 'ada')
  await workers.setSale(other, { status: 'paused' })
  const { items } = await workers.ask(listReports, { event_ids: [one, other, newId()] }, organiser)
  t.deepEqual(
    // In any order: an object's members have none, while AVA compares the order of a Map.
    Object.fromEntries(items.map((item) => [item.event_id, item])),
    {
      [one]: { event_id: one, sale: 'on_sale', places: 50, sold: 4 },
      [other]: { event_id: other, sale: 'paused', places: 50, sold: 0 },
    },
  )
})

test('only organisers get reports', async (t) => {
  const eventId = await openHouse()
  await assertRefused(t, workers.ask(viewReport, { event_id: eventId }, { as: 'ada' }), 'forbidden')
  await assertRefused(t, workers.ask(listReports, { event_ids: [eventId] }, { as: 'ada' }), 'forbidden')
})
