import test from 'ava'
import { freshnessOf } from '../../gateway/cache/freshness.ts'
import { News } from '../../gateway/cache/news.ts'
import { catalogueTag, eventTag, placesTag, type SharePolicy } from '../../gateway/cache/share-policy.ts'

const eventId = '019a0000-0000-7000-8000-000000000002'
const otherId = '019a0000-0000-7000-8000-000000000003'
const tags = { strict: [eventTag(eventId)], lenient: [placesTag(eventId)] }
const policy: SharePolicy = { freshForMs: 2_000, staleForMs: 3_000, cacheControl: 'public', tags: () => tags }
const stream = 'one'
const asked = { askedAt: 0, position: { stream, sequence: 10 } }

function newsFrom(sequence: number): News {
  const news = new News()
  news.restart({ stream, sequence })
  return news
}

const at = (now: number, news = newsFrom(0)) => freshnessOf(asked, { policy, tags }, { news, now })

test('a reply is given by its age: as it is, then while a newer one is asked for, then only when nobody answers', (t) => {
  t.is(at(0), 'fresh')
  t.is(at(1_999), 'fresh')
  t.is(at(2_000), 'stale')
  t.is(at(4_999), 'stale')
  t.is(at(5_000), 'spare')
  t.is(at(64_999), 'spare')
  t.is(at(65_000), 'outdated')
})

test('after news of its event a reply is not given at all, whatever its age', (t) => {
  const news = newsFrom(0)
  news.hear({ entity: 'event', eventId, what: 'cancelled', sequence: 11 })
  t.is(at(0, news), 'outdated')
})

test('news of places is shown within a second: soon asked for behind the old reply, then before it', (t) => {
  const news = newsFrom(0)
  news.hear({ entity: 'hold', eventId, what: 'taken', sequence: 11 })
  t.is(at(99, news), 'fresh')
  t.is(at(100, news), 'stale')
  t.is(at(999, news), 'stale')
  t.is(at(1_000, news), 'spare')
})

test('news that had been heard before the question, and news of other events, change nothing', (t) => {
  const news = newsFrom(0)
  news.hear({ entity: 'event', eventId, what: 'published', sequence: 10 })
  news.hear({ entity: 'event', eventId: otherId, what: 'published', sequence: 12 })
  news.hear({ entity: 'payment', eventId, what: 'captured', sequence: 13 })
  t.is(at(0, news), 'fresh')
})

test('a list is outdated by news of any event', (t) => {
  const news = newsFrom(0)
  t.false(news.since(asked.position, [catalogueTag]))
  news.hear({ entity: 'event', eventId: otherId, what: 'published', sequence: 12 })
  t.true(news.since(asked.position, [catalogueTag]))
})

test('what was asked for before listening began, or while nobody listened, counts as outdated', (t) => {
  t.is(at(0, newsFrom(11)), 'outdated')
  t.true(newsFrom(0).since(null, tags.strict))
})

test('what was asked for before the stream was made anew counts as outdated, though its numbers are higher', (t) => {
  const news = new News()
  news.restart({ stream: 'two', sequence: 3 })
  t.is(at(0, news), 'outdated')
})

test('while nobody listens only age counts', (t) => {
  t.is(at(0, new News()), 'fresh')
  t.is(at(5_000, new News()), 'spare')
})

test('what is forgotten counts as outdated, and memory is bounded', (t) => {
  const news = newsFrom(0)
  news.hear({ entity: 'hold', eventId, what: 'taken', sequence: 11 })
  for (let sequence = 12; sequence < 100_100; sequence += 1) {
    news.hear({ entity: 'hold', eventId: `event-${sequence}`, what: 'taken', sequence })
  }
  t.true(news.since({ stream, sequence: 10 }, [placesTag('never heard of')]))
  t.false(news.since({ stream, sequence: 100_100 }, tags.lenient))
})
