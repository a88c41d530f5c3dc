import test from 'ava'
import { matchCacheable } from '../../gateway/routes/all-routes.ts'

const id = '019a0000-0000-7000-8000-000000000002'

test('a URL names a cacheable route exactly', (t) => {
  t.is(matchCacheable('/events')?.route.path, '/events')
  t.is(matchCacheable('/events/search?keyword=a')?.route.path, '/events/search')
  t.is(matchCacheable(`/events/${id}`)?.route.path, '/events/:event_id')
  t.deepEqual(matchCacheable(`/events/${id}/seats?min_seq=1`)?.pathParameters, { event_id: id })
  t.is(matchCacheable('/events?city=a?b')?.query, 'city=a?b')
})

test('whatever is not the plain URL of a cacheable route is left to the router', (t) => {
  for (const url of [
    ...['', '*', '/', 'http://host/events', '//events', '/events#top', '/events/', '/EVENTS', '/ev%65nts'],
    ...[
      '/events//seats',
      '/bookings',
      '/purchase',
      `/events/${id}/holds`,
      `/events/${id}%2fseats`,
      '/events?city=\u00e4',
    ],
  ]) {
    t.is(matchCacheable(url), undefined, url)
  }
})
