import test from 'ava'
import type { TicketingError } from '#shared/errors.ts'
import { shardCapacities } from '../../workers/booking/areas/shard-capacities.ts'
import { currentPrice } from '../../workers/booking/price-rule.ts'
import { refuseUnlessOpen, type SaleWindow } from '../../workers/booking/sale.ts'
import { availabilityOf } from '../../workers/event/availability.ts'
import { openedSale, type Sale, saleIntent, saleState } from '../../workers/event/sale-state.ts'

const noon = new Date('2030-01-01T12:00:00Z')
const one = new Date('2030-01-01T13:00:00Z')
const openFromNoonToOne: SaleWindow = { status: 'on_sale', onSaleAt: noon, offSaleAt: one }

function refusal(sale: SaleWindow, now: Date): TicketingError | undefined {
  try {
    refuseUnlessOpen(sale, now)
    return undefined
  } catch (error) {
    return error as TicketingError
  }
}

test('a sale is open from its first instant until just before its last', (t) => {
  const at = (now: number) => refusal(openFromNoonToOne, new Date(now))?.code
  t.is(at(noon.getTime() - 1), 'sale_not_open')
  t.is(at(noon.getTime()), undefined)
  t.is(at(one.getTime() - 1), undefined)
  t.is(at(one.getTime()), 'sale_closed')
})

test('a sale without times is open as long as its status says so', (t) => {
  const codes = (['announced', 'on_sale', 'paused', 'off_sale', 'postponed', 'cancelled'] as const).map(
    (status) => refusal({ status, onSaleAt: null, offSaleAt: null }, noon)?.code,
  )
  t.deepEqual(codes, ['sale_not_open', undefined, 'sale_paused', 'sale_closed', 'sale_paused', 'event_cancelled'])
})

test('a refusal before the sale says when it opens', (t) => {
  const early = new Date(noon.getTime() - 60_000)
  t.deepEqual(refusal(openFromNoonToOne, early)?.extra, { on_sale_at: '2030-01-01T12:00:00.000Z' })
})

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

const steps = [
  { sold_percent: 33, price_minor: 6_000 },
  { sold_percent: 50, price_minor: 7_000 },
]

test('a place costs its own price until the first step is reached, then what the last reached step says', (t) => {
  const priceWhen = (sold: number, seats: number) => currentPrice(5_000, { name: 'Stalls', steps, sold, seats })
  t.is(priceWhen(0, 100), 5_000)
  t.is(priceWhen(32, 100), 5_000)
  t.is(priceWhen(33, 100), 6_000)
  t.is(priceWhen(1, 3), 6_000)
  t.is(priceWhen(49, 100), 6_000)
  t.is(priceWhen(1, 2), 7_000)
  t.is(priceWhen(100, 100), 7_000)
})

test('a place of a tier without steps, without seats or of no tier costs its own price', (t) => {
  t.is(currentPrice(5_000, { name: 'Stalls', steps: [], sold: 9, seats: 10 }), 5_000)
  t.is(currentPrice(5_000, { name: 'Stalls', steps, sold: 0, seats: 0 }), 5_000)
  t.is(currentPrice(5_000, undefined), 5_000)
})

test('places of an area are spread evenly over up to eight shards of at least ten', (t) => {
  t.deepEqual(shardCapacities(1), [1])
  t.deepEqual(shardCapacities(19), [19])
  t.deepEqual(shardCapacities(35), [12, 12, 11])
  for (const capacity of [1, 9, 10, 79, 80, 300, 1_071, 1_000_000]) {
    const shards = shardCapacities(capacity)
    const together = shards.reduce((sum, places) => sum + places, 0)
    t.is(together, capacity)
    t.true(shards.length <= 8)
    t.true(shards.length === 1 || shards.every((places) => places >= 10))
  }
})
