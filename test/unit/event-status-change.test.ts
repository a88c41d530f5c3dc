import test from 'ava'
import { type ChangeableEvent, statusAfter } from '../../workers/event/status-change.ts'

const now = new Date('2026-06-01T10:00:00Z')
const before = new Date('2026-06-01T09:59:59Z')
const after = new Date('2026-06-01T10:00:01Z')
const draft: ChangeableEvent = {
  status: 'draft',
  saleStatus: 'announced',
  placeCount: 300,
  startsBy: after,
  offSaleAt: after,
}
const published: ChangeableEvent = { ...draft, status: 'published', saleStatus: 'on_sale' }

test('publishing puts the seats of a draft on sale', (t) => {
  t.deepEqual(statusAfter(draft, 'publish', now), { status: 'published', saleStatus: 'on_sale' })
})

test('publishing a draft without seats only shows it', (t) => {
  t.deepEqual(statusAfter({ ...draft, placeCount: 0 }, 'publish', now), {
    status: 'published',
    saleStatus: 'announced',
  })
})

test('an event that is over is not published', (t) => {
  const over = { ...draft, startsBy: before, offSaleAt: before }
  t.like(
    t.throws(() => statusAfter(over, 'publish', now)),
    { code: 'sale_closed', extra: { began_by: before.toISOString() } },
  )
  // It has begun, and tickets are still sold at the door; or it is to come, and only its sale has ended.
  t.is(statusAfter({ ...over, offSaleAt: after }, 'publish', now).status, 'published')
  t.is(statusAfter({ ...over, startsBy: after }, 'publish', now).status, 'published')
  // Publishing again changes nothing, however late.
  t.is(statusAfter({ ...over, status: 'published' }, 'publish', now).status, 'published')
})

test('publishing again does not resume a paused sale', (t) => {
  const paused = { ...published, saleStatus: 'paused' as const }
  t.deepEqual(statusAfter(paused, 'publish', now), { status: 'published', saleStatus: 'paused' })
})

test('a sale is paused and resumed', (t) => {
  const paused = { ...published, ...statusAfter(published, 'pause', now) }
  t.is(paused.saleStatus, 'paused')
  t.deepEqual(statusAfter(paused, 'resume', now), { status: 'published', saleStatus: 'on_sale' })
})

test('there is nothing to pause or resume in a draft or without seats', (t) => {
  for (const event of [draft, { ...published, placeCount: 0 }]) {
    for (const action of ['pause', 'resume'] as const) {
      t.like(
        t.throws(() => statusAfter(event, action, now)),
        { code: 'validation_failed' },
      )
    }
  }
})

test('cancelling is final, and cancelling again is allowed', (t) => {
  const cancelled = { ...published, ...statusAfter(published, 'cancel', now) }
  t.is(cancelled.status, 'cancelled')
  t.is(statusAfter(cancelled, 'cancel', now).status, 'cancelled')
  for (const action of ['publish', 'pause', 'resume'] as const) {
    t.like(
      t.throws(() => statusAfter(cancelled, action, now)),
      { code: 'event_cancelled' },
    )
  }
})
