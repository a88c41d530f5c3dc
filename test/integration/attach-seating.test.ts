import test, { type ExecutionContext } from 'ava'
import type { RequestOf } from '#shared/contracts/contract.ts'
import { listEvents, viewLayout } from '#shared/contracts/event.ts'
import { attachSeating } from '#shared/contracts/organising.ts'
import { daysFromToday, importedEvent, smallLayout } from '../support/catalogue.ts'
import { emptyEventWorker } from '../support/event-worker.ts'
import { assertRefused } from '../support/refusals.ts'

let eventId: string

const worker = emptyEventWorker()

/** Each begins with an imported event. */
const testWithEvent = (title: string, run: (t: ExecutionContext) => Promise<unknown>): void =>
  test.serial(title, async (t) => {
    await worker.importEvents([importedEvent('1', { max_tickets_per_user: 6, off_sale_at: '2020-01-01T00:00:00Z' })])
    eventId = (await worker.ask(listEvents, {})).items[0]?.id ?? ''
    await run(t)
  })

const onSaleAt = '2026-01-01T00:00:00.000Z'

const attach = (given: Partial<RequestOf<typeof attachSeating>> = {}) =>
  worker.ask(attachSeating, {
    event_id: eventId,
    layout: smallLayout({ rows: 3 }),
    price_minor: 5_000,
    category_prices: { Front: 9_000 },
    currency: 'EUR',
    on_sale_at: onSaleAt,
    ...given,
  })

testWithEvent('an imported event gets seats, prices and a sale', async (t) => {
  const event = await attach()
  t.like(event, {
    layout_version: 1,
    seat_count: 30,
    areas: [{ name: 'Standing', capacity: 50, price_minor: 5_000 }],
    price_from_minor: 5_000,
    currency: 'EUR',
    availability: 'plenty',
    // The end that the source had given lies before the opening.
    sale: { status: 'on_sale', on_sale_at: onSaleAt, off_sale_at: event.starts_at, max_tickets_per_user: 6 },
  })
  t.is(worker.stock.sales.at(-1)?.off_sale_at, event.starts_at)
  t.is(event.price_tiers.map(({ name, price_minor }) => `${name} ${price_minor}`).join(), 'Front 9000,Back 5000')
  const rows = worker.stock.batches.flatMap((batch) => batch.rows)
  const placed = rows.map((row) => `${row.row_no} ${row.first_seat_no} ${row.prices_minor[0]}`)
  t.is(placed.join(', '), '0 0 9000, 1 10 5000, 2 20 5000')
  const { outlines, ...layout } = await worker.ask(viewLayout, { event_id: eventId })
  t.deepEqual(layout, { event_id: eventId, version: 1, ...smallLayout({ rows: 3 }) })
  const sections = new Set(layout.rows.map(({ section }) => section))
  t.is(outlines?.map(({ section }) => section).join(), [...sections].join())
})

testWithEvent('stage, outlines, companion seats come back as they were attached; areas keep their price', async (t) => {
  const small = smallLayout({ rows: 2 })
  const [first, ...rest] = small.rows
  if (first === undefined) return t.fail()
  const layout = {
    ...small,
    rows: [{ ...first, accessible: true as const, companions: [1] }, ...rest],
    areas: [{ name: 'Pit', capacity: 50, outline: [0, 0, 9, 0, 9, 9] }],
    stage: { x: 1, y: -5, width: 8, height: 3, label: 'Stage' },
  }
  const event = await attach({ layout })
  t.deepEqual(event.areas, [{ name: 'Pit', capacity: 50, price_minor: 5_000 }])
  const { event_id, version, outlines, ...shown } = await worker.ask(viewLayout, { event_id: eventId })
  t.deepEqual(shown, layout)
  return undefined
})

testWithEvent('companions of a row that is not accessible, or that it does not have, are refused by row', async (t) => {
  const small = smallLayout({ rows: 1 })
  for (const row of [{ companions: [0] }, { accessible: true as const, companions: [99] }]) {
    const rows = small.rows.map((each) => ({ ...each, ...row }))
    await assertRefused(t, attach({ layout: { ...small, rows } }), '/layout/rows/0')
  }
})

testWithEvent('the same seating again changes nothing', async (t) => {
  const first = await attach()
  t.deepEqual(await attach(), first)
})

testWithEvent('without a time the event stays as it is, with seats in stock', async (t) => {
  const event = await attach({ on_sale_at: null })
  t.like(event, { seat_count: 30, availability: 'not_on_sale' })
  t.is(worker.stock.batches.length, 1)
  t.is(worker.stock.sales.length, 0)
})

testWithEvent('once seats are in stock, another plan or price is refused', async (t) => {
  await attach()
  for (const other of [{ layout: smallLayout({ rows: 4 }) }, { price_minor: 5_001 }, { currency: 'USD' }]) {
    await assertRefused(t, attach(other), '/layout')
  }
  t.like(await worker.view(eventId), { layout_version: 1, seat_count: 30, price_from_minor: 5_000 })
})

testWithEvent('while nothing is in stock, another plan is the next version', async (t) => {
  worker.stock.failStock = true
  await assertRefused(t, attach(), 'unavailable')
  t.like(await attach({ layout: smallLayout({ rows: 4 }) }), { layout_version: 2, seat_count: 40 })
  t.is(worker.stock.batches[0]?.version, 2)
  const layoutOf = (version?: number) =>
    worker.ask(viewLayout, { event_id: eventId, ...(version !== undefined && { version }) })
  for (const [asked, version, length] of [
    [1, 1, 3],
    [2, 2, 4],
    [undefined, 2, 4],
  ] as const) {
    t.like(await layoutOf(asked), { version, rows: { length } }, `version ${asked}`)
  }
  const { message } = await assertRefused(t, layoutOf(3), 'not_found')
  t.is(message, 'The seating plan has no version 3; the current one is 2.')
})

testWithEvent('an attachment that broke off is completed by repeating it', async (t) => {
  worker.stock.failSale = true
  await assertRefused(t, attach(), 'unavailable')
  t.like(await worker.view(eventId), { availability: 'not_on_sale' })
  t.like(await attach(), { layout_version: 1, availability: 'plenty', sale: { status: 'on_sale' } })
})

testWithEvent('a draft with seats goes on sale when it is published', async (t) => {
  const venue = { name: 'Hall', tz: 'Europe/Berlin' }
  const draft = await worker.create({ name: 'Draft', venue, starts_on: daysFromToday(9) })
  t.is((await attach({ event_id: draft.id })).sale.status, 'announced')
  t.is(worker.stock.sales.at(-1)?.status, 'announced')
  const published = await worker.change(draft.id, 'publish')
  t.like(published, { availability: 'plenty', sale: { status: 'on_sale', on_sale_at: onSaleAt } })
})

testWithEvent(
  'an event that is over is not put on sale, nor one that is over before its sale would open',
  async (t) => {
    await assertRefused(t, attach({ on_sale_at: `${daysFromToday(40)}T10:00:00Z` }), '/on_sale_at')
    await worker.importEvents([importedEvent('past', { starts_on: '2020-05-01' })])
    const { items } = await worker.ask(listEvents, { status: 'any', limit: 1 })
    await assertRefused(t, attach({ event_id: items[0]?.id ?? '' }), 'sale_closed')
    t.is(worker.stock.batches.length, 0)
  },
)

testWithEvent('a layout of 15,000 seats is stored, stocked and shown whole', async (t) => {
  const layout = smallLayout({ rows: 1_500 })
  t.is((await attach({ layout })).seat_count, 15_000)
  t.true(worker.stock.batches.length > 1)
  t.deepEqual((await worker.ask(viewLayout, { event_id: eventId })).rows, layout.rows)
})

testWithEvent('wrong layouts, unknown events and cancelled ones are refused', async (t) => {
  const layout = smallLayout({ rows: 1 })
  const [row] = layout.rows
  const broken = { ...layout, rows: row === undefined ? [] : [{ ...row, x: [] }] }
  await assertRefused(t, attach({ layout: broken }), '/layout/rows/0')
  await assertRefused(t, attach({ category_prices: { Gallery: 1 } }), '/category_prices')
  await assertRefused(t, attach({ event_id: '019a0000-0000-7000-8000-00000000ffff' }), 'event_not_found')
  await worker.change(eventId, 'cancel')
  await assertRefused(t, attach(), 'event_cancelled')
  t.is((await worker.view(eventId)).layout_version, null)
})

testWithEvent('areas of a layout go on sale, at their own price or the common one; categories may step', async (t) => {
  const steps = [{ sold_percent: 40, price_minor: 11_000 }]
  const prices = { category_prices: { Standing: 3_000 }, price_steps: { Front: steps } }
  const event = await attach(prices)
  t.deepEqual(event.areas, [{ name: 'Standing', capacity: 50, price_minor: 3_000 }])
  t.is(event.price_from_minor, 3_000)
  t.deepEqual(event.price_tiers[0]?.price_steps, steps)
  const [batch] = worker.stock.batches
  t.deepEqual(batch?.areas, [{ area_no: 0, name: 'Standing', capacity: 50, price_minor: 3_000 }])
  t.deepEqual(batch?.tiers, [
    { name: 'Front', steps },
    { name: 'Back', steps: [] },
  ])
  // The same once more is the same seating.
  t.is((await attach(prices)).layout_version, 1)
  await assertRefused(t, attach({ price_steps: { Gallery: steps } }), '/price_steps')
})
