import test from 'ava'
import { availabilityOf } from '../../workers/event/availability.ts'
import { openedSale, type Sale, saleIntent, saleState } from '../../workers/event/sale-state.ts'

const now = new Date('2026-06-01T10:00:00Z')
const before = new Date('2026-06-01T09:59:59Z')
const after = new Date('2026-06-01T10:00:01Z')
const muchLater = new Date('2026-07-01T10:00:00Z')
const open: Sale = {
  status: 'published',
  saleStatus: 'on_sale',
  onSaleAt: null,
  offSaleAt: muchLater,
  cancelUntil: null,
}

test('a sale is announced until the instant it opens', (t) => {
  t.is(saleState({ ...open, onSaleAt: after }, now), 'announced')
  t.is(saleState({ ...open, onSaleAt: now }, now), 'on_sale')
})

test('a sale is over from the instant it closes', (t) => {
  t.is(saleState({ ...open, onSaleAt: before, offSaleAt: after }, now), 'on_sale')
  for (const saleStatus of ['announced', 'on_sale', 'paused'] as const) {
    t.is(saleState({ ...open, saleStatus, offSaleAt: now }, now), 'off_sale')
  }
})

test('a paused sale shows as paused', (t) => {
  t.is(saleState({ ...open, saleStatus: 'paused', onSaleAt: before }, now), 'paused')
})

test('a cancelled or postponed event sells nothing, whatever its sale says', (t) => {
  for (const status of ['cancelled', 'postponed'] as const) {
    t.is(saleState({ ...open, status, onSaleAt: before }, now), status)
    t.is(saleIntent({ ...open, status }), status)
  }
  t.is(saleIntent({ ...open, status: 'rescheduled' }), 'on_sale')
})

test('a sale that ends before it opens never opens', (t) => {
  const never: Sale = { ...open, onSaleAt: muchLater, offSaleAt: after }
  t.is(saleIntent(never), 'off_sale')
  t.is(saleState(never, now), 'off_sale')
  t.is(saleIntent({ ...never, status: 'postponed' }), 'postponed')
})

test('opening a sale sets its time; an end that lies before it gives way to the start of the event', (t) => {
  const event = { ...open, saleStatus: 'announced' as const, placeCount: 300, startsBy: muchLater }
  t.like(openedSale({ ...event, offSaleAt: before }, now), {
    saleStatus: 'on_sale',
    onSaleAt: now,
    offSaleAt: muchLater,
  })
  t.like(openedSale({ ...event, offSaleAt: after }, now), { saleStatus: 'on_sale', onSaleAt: now, offSaleAt: after })
})

test('opening the sale of a draft only notes the time', (t) => {
  const draft = {
    ...open,
    status: 'draft' as const,
    saleStatus: 'announced' as const,
    placeCount: 300,
    startsBy: muchLater,
  }
  t.like(openedSale(draft, now), { status: 'draft', saleStatus: 'announced', onSaleAt: now })
})

test('few means fewer than ten places, or less than a tenth of the house and fewer than 200', (t) => {
  const word = (available: number, placeCount: number) => availabilityOf({ available, placeCount, soldOut: false })
  t.deepEqual([word(1_000, 1_000), word(100, 1_000), word(99, 1_000)], ['plenty', 'plenty', 'few'])
  t.deepEqual([word(1_999, 20_000), word(200, 20_000), word(199, 20_000)], ['plenty', 'plenty', 'few'])
  t.deepEqual([word(10, 10), word(9, 9), word(9, 50)], ['plenty', 'few', 'few'])
})

test('a house is sold out only when nothing is left; while the last places are held it has few', (t) => {
  t.is(availabilityOf({ available: 0, placeCount: 1_000, soldOut: true }), 'sold_out')
  t.is(availabilityOf({ available: 0, placeCount: 1_000, soldOut: false }), 'few')
})
