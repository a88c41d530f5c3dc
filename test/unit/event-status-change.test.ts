import test from 'ava'
import { type ChangeableEvent, statusAfter } from '../../workers/event/status-change.ts'

const draft: ChangeableEvent = { status: 'draft', saleStatus: 'announced', placeCount: 300 }
const published: ChangeableEvent = { ...draft, status: 'published', saleStatus: 'on_sale' }

test('publishing puts the seats of a draft on sale', (t) => {
  t.deepEqual(statusAfter(draft, 'publish'), { status: 'published', saleStatus: 'on_sale' })
})

test('publishing a draft without seats only shows it', (t) => {
  t.deepEqual(statusAfter({ ...draft, placeCount: 0 }, 'publish'), { status: 'published', saleStatus: 'announced' })
})

test('publishing again does not resume a paused sale', (t) => {
  const paused = { ...published, saleStatus: 'paused' as const }
  t.deepEqual(statusAfter(paused, 'publish'), { status: 'published', saleStatus: 'paused' })
})

test('a sale is paused and resumed', (t) => {
  const paused = { ...published, ...statusAfter(published, 'pause') }
  t.is(paused.saleStatus, 'paused')
  t.deepEqual(statusAfter(paused, 'resume'), { status: 'published', saleStatus: 'on_sale' })
})

test('there is nothing to pause or resume in a draft or without seats', (t) => {
  for (const event of [draft, { ...published, placeCount: 0 }]) {
    for (const action of ['pause', 'resume'] as const) {
      t.like(
        t.throws(() => statusAfter(event, action)),
        { code: 'validation_failed' },
      )
    }
  }
})

test('cancelling is final, and cancelling again is allowed', (t) => {
  const cancelled = { ...published, ...statusAfter(published, 'cancel') }
  t.is(cancelled.status, 'cancelled')
  t.is(statusAfter(cancelled, 'cancel').status, 'cancelled')
  for (const action of ['publish', 'pause', 'resume'] as const) {
    t.like(
      t.throws(() => statusAfter(cancelled, action)),
      { code: 'event_cancelled' },
    )
  }
})
