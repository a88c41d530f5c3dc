import test from 'ava'
import { matchRead } from '../../gateway/routes/match-read.ts'

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
