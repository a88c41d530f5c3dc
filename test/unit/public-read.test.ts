import type { IncomingMessage, ServerResponse } from 'node:http'
import test from 'ava'
import fc from 'fast-check'
import Koa from 'koa'
import { publicReadAt, understandRead } from '../../gateway/fast-path/public-read.ts'
import { allRoutes } from '../../gateway/routes/all-routes.ts'
import type { Route } from '../../gateway/routes/route.ts'

/* What the fast path understands of a URL is what the layers, which read it through Koa, would understand. */

const route = allRoutes.find(({ method, path }) => method === 'GET' && path === '/events') as Route
const koa = new Koa()

/** What the layers ask the worker for; undefined: they refuse it. */
function askedByLayers(url: string): unknown {
  const { query } = koa.createContext({ url, headers: {} } as IncomingMessage, {} as ServerResponse)
  if (Object.values(query).some(Array.isArray)) return undefined
  const checked = route.contract.request.safeParse(Object.fromEntries(Object.entries(query)))
  return checked.success ? checked.data : undefined
}

function askedByFastPath(url: string): unknown {
  const found = publicReadAt(url)
  return found && understandRead(found)?.request
}

const pieces = [
  'city',
  'limit',
  'type',
  'nonsense',
  '',
  '=',
  '&',
  '+',
  '%',
  '%20',
  '%FF',
  '%C3%A4',
  '%3D',
  '1',
  'a',
  '?',
  '__proto__',
]
const queries = fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((parts) => parts.join(''))

test('whatever the query is, the fast path asks for the same, or leaves it to the layers', (t) => {
  fc.assert(
    fc.property(queries, (query) => {
      const url = `/events?${query}`
      const asked = askedByFastPath(url)
      if (asked !== undefined) t.deepEqual(asked, askedByLayers(url), query)
    }),
    { numRuns: 2_000 },
  )
})

test('usual reads are understood', (t) => {
  for (const query of ['', 'city=Berlin', 'city=M%C3%BCnchen&limit=5', 'city=New+York', 'end=2200-01-01&&']) {
    t.truthy(askedByFastPath(`/events?${query}`), query)
    t.deepEqual(askedByFastPath(`/events?${query}`), askedByLayers(`/events?${query}`), query)
  }
})

test('no number of parameters hides the last one', (t) => {
  for (const last of ['nonsense=1', 'city=b']) {
    const url = `/events?city=a${'&'.repeat(2_000)}${last}`
    t.is(askedByLayers(url), undefined)
    t.is(askedByFastPath(url), undefined)
  }
})

test('what is not a plain path of a public read is left to the layers', (t) => {
  for (const url of [
    '',
    '*',
    'http://host/events',
    '//events',
    '/events#top',
    '/events/',
    '/EVENTS',
    '/ev%65nts',
    '/bookings',
    '/events?city=ä',
  ]) {
    t.is(publicReadAt(url), undefined, url)
  }
})

test('a read that names a write is left to the layers', (t) => {
  const found = publicReadAt('/events/01890000-0000-7000-8000-000000000000/seats?min_seq=1')
  t.truthy(found)
  t.is(found && understandRead(found), undefined)
})
