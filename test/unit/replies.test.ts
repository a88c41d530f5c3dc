import test from 'ava'
import fc from 'fast-check'
import { cacheKey } from '../../gateway/reads/cache-key.ts'
import { CachedReply } from '../../gateway/reads/cached-reply.ts'
import { type CallTime, freshnessOf } from '../../gateway/reads/freshness.ts'
import { Invalidations } from '../../gateway/reads/invalidations.ts'
import { type CachePolicy, catalogueTag, eventTag, placesTag } from '../../gateway/routes/cache-policy.ts'
import { always } from '../support/always.ts'

const eventId = '019a0000-0000-7000-8000-000000000002'
const otherId = '019a0000-0000-7000-8000-000000000003'
const tags = { purge: [eventTag(eventId)], softPurge: [placesTag(eventId)] }
const policy: CachePolicy = {
  freshForMs: 2_000,
  staleWhileRevalidateMs: 3_000,
  cacheControl: () => 'public',
  tags: () => tags,
}
const stream = 'one'
const asked = { calledAt: 0, position: { stream, sequence: 10 } }

function newsFrom(sequence: number): Invalidations {
  const invalidations = new Invalidations()
  invalidations.restart({ stream, sequence })
  return invalidations
}

const at = (now: number, invalidations = newsFrom(0)) =>
  freshnessOf(asked, { policy, tags }, { invalidations, isFollowing: true, now })

test('a reply is given by its age: as it is, then while a newer one is asked for, then only when nobody answers', (t) => {
  t.is(at(0), 'fresh')
  t.is(at(1_999), 'fresh')
  t.is(at(2_000), 'stale')
  t.is(at(4_999), 'stale')
  t.is(at(5_000), 'stale-if-error')
  t.is(at(64_999), 'stale-if-error')
  t.is(at(65_000), 'expired')
})

test('after news of its event a reply is not given at all, whatever its age', (t) => {
  const invalidations = newsFrom(0)
  invalidations.add({ entity: 'event', eventId, what: 'cancelled', sequence: 11 })
  t.is(at(0, invalidations), 'expired')
})

test('news of places is shown within a second: soon asked for behind the old reply, then before it', (t) => {
  const invalidations = newsFrom(0)
  invalidations.add({ entity: 'hold', eventId, what: 'taken', sequence: 11 })
  t.is(at(99, invalidations), 'fresh')
  t.is(at(100, invalidations), 'stale')
  t.is(at(999, invalidations), 'stale')
  t.is(at(1_000, invalidations), 'stale-if-error')
})

test('news that had been heard before the question, and news of other events, change nothing', (t) => {
  const invalidations = newsFrom(0)
  invalidations.add({ entity: 'event', eventId, what: 'published', sequence: 10 })
  invalidations.add({ entity: 'event', eventId: otherId, what: 'published', sequence: 12 })
  invalidations.add({ entity: 'payment', eventId, what: 'captured', sequence: 13 })
  t.is(at(0, invalidations), 'fresh')
})

test('a list is outdated by news of any event', (t) => {
  const invalidations = newsFrom(0)
  t.false(invalidations.isChangedSince(asked.position, [catalogueTag]))
  invalidations.add({ entity: 'event', eventId: otherId, what: 'published', sequence: 12 })
  t.true(invalidations.isChangedSince(asked.position, [catalogueTag]))
})

test('what was asked for before listening began, or while nobody listened, counts as outdated', (t) => {
  t.is(at(0, newsFrom(11)), 'expired')
  t.true(newsFrom(0).isChangedSince(null, tags.purge))
})

test('what was asked for before the stream was made anew counts as outdated, though its numbers are higher', (t) => {
  const invalidations = new Invalidations()
  invalidations.restart({ stream: 'two', sequence: 3 })
  t.is(at(0, invalidations), 'expired')
})

test('what was forgotten of a stream makes nothing of the one that was made anew outdated', (t) => {
  const invalidations = newsFrom(4_900_000)
  const hearOfMany = (first: number): void => {
    for (let sequence = first; sequence < first + 50_000; sequence += 1) {
      invalidations.add({ entity: 'hold', eventId: `event-${sequence}`, what: 'taken', sequence })
    }
  }
  hearOfMany(4_900_001)
  invalidations.restart({ stream: 'two', sequence: 0 })
  hearOfMany(1)
  t.false(invalidations.isChangedSince({ stream: 'two', sequence: 50_000 }, tags.purge))
})

test('while nobody listens only age counts', (t) => {
  t.is(at(0, new Invalidations()), 'fresh')
  t.is(at(5_000, new Invalidations()), 'stale-if-error')
})

test('what was asked while facts were not followed is judged by its age until they are followed again', (t) => {
  const unfollowed = { calledAt: 0, position: null }
  const judge = (isFollowing: boolean) =>
    freshnessOf(unfollowed, { policy, tags }, { invalidations: newsFrom(0), isFollowing, now: 10 })
  t.is(judge(false), 'fresh')
  t.is(judge(true), 'expired')
})

test('a reply from the future, as of a gateway whose clock is ahead, is not given', (t) => {
  t.is(at(-1), 'expired')
})

test('what is forgotten counts as outdated, and memory is bounded', (t) => {
  const invalidations = newsFrom(0)
  invalidations.add({ entity: 'hold', eventId, what: 'taken', sequence: 11 })
  for (let sequence = 12; sequence < 100_100; sequence += 1) {
    invalidations.add({ entity: 'hold', eventId: `event-${sequence}`, what: 'taken', sequence })
  }
  t.true(invalidations.isChangedSince({ stream, sequence: 10 }, [placesTag('never heard of')]))
  t.false(invalidations.isChangedSince({ stream, sequence: 100_100 }, tags.softPurge))
})

const parameters = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), {
  noNullPrototype: true,
})

test('different parameters never share a key, and equal ones always do', (t) => {
  always(t, { of: [parameters, parameters] }, (one, other) => {
    const same = JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort())
    return (cacheKey('/events', one) === cacheKey('/events', other)) === same
  })
})

test('the order of parameters does not matter', (t) => {
  always(t, { of: [parameters] }, (one) => {
    const reversed = Object.fromEntries(Object.entries(one).reverse())
    return cacheKey('/events', one) === cacheKey('/events', reversed)
  })
})

test('endpoints do not share keys', (t) => {
  t.not(cacheKey('/events', { a: 1 }), cacheKey('/events/search', { a: 1 }))
})

const body = Buffer.from('a page')
const readAt = (calledAt: number, sequence: number, stream = 'one'): CallTime => ({
  calledAt,
  position: { stream, sequence },
})

function ageOf(own: CallTime, madeOf: readonly CallTime[]) {
  const { calledAt, position } = CachedReply.parse(CachedReply.from({ body, madeOf }, own).stored)
  return { calledAt, position }
}

test('a page is as old as the oldest reply it is made of, and reacts to every event behind the earliest position', (t) => {
  t.deepEqual(ageOf(readAt(9_000, 90), []), readAt(9_000, 90))
  t.deepEqual(ageOf(readAt(9_000, 90), [readAt(8_000, 85), readAt(7_500, 88)]), readAt(7_500, 85))
})

test('a page made of a reply whose position is unknown, or of another stream, has none', (t) => {
  t.is(ageOf(readAt(9_000, 90), [{ calledAt: 8_000, position: null }]).position, null)
  t.is(ageOf(readAt(9_000, 90), [readAt(8_000, 85, 'two')]).position, null)
})

test('a page keeps its type in Redis', (t) => {
  const type = 'text/html; charset=utf-8'
  const stored = CachedReply.parse(CachedReply.from({ body, type }, readAt(1, 1)).stored)
  t.is(stored.plain.headers[1], type)
})
