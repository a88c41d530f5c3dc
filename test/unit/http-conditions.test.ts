import test from 'ava'
import { matchesEtag } from '../../gateway/cache/matches-etag.ts'
import { matchRead } from '../../gateway/routes/match-read.ts'

test('If-None-Match matches one of a list, weakly, and * matches everything', (t) => {
  for (const header of ['"a"', 'W/"a"', '"x", "a"', '"x",W/"a" , "y"', '*', ' * '])
    t.true(matchesEtag(header, '"a"'), header)
  for (const header of [undefined, '', 'a', '"A"', '"a', '"ab"', '"x", "y"', 'w/"a"', '"a-gz"']) {
    t.false(matchesEtag(header, '"a"'), header)
  }
})

test('a path names the route of a GET exactly or not at all', (t) => {
  const id = '019a0000-0000-7000-8000-000000000002'
  t.is(matchRead('/events')?.route.path, '/events')
  t.is(matchRead('/events/search')?.route.path, '/events/search')
  t.is(matchRead(`/events/${id}`)?.route.path, '/events/:event_id')
  t.deepEqual(matchRead(`/events/${id}/seats`)?.params, { event_id: id })
  for (const path of [
    '/',
    '/events/',
    '/EVENTS',
    '/events//seats',
    '/purchase',
    `/events/${id}/holds`,
    `/events/${id}%2fseats`,
    '',
  ]) {
    t.is(matchRead(path), undefined, path)
  }
})
