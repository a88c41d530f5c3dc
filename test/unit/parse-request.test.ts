import type { IncomingMessage, ServerResponse } from 'node:http'
import test from 'ava'
import fc from 'fast-check'
import Koa from 'koa'
import { allRoutes, matchCacheable } from '../../gateway/routes/all-routes.ts'
import { parseQuery, parseRequest } from '../../gateway/routes/parse-request.ts'
import type { Route } from '../../gateway/routes/route.ts'

/* Queries are read by our own function, because Koa's takes time by their square; both read the same. */

const route = allRoutes.find(({ method, path }) => method === 'GET' && path === '/events') as Route
const koa = new Koa()

/** The request as Koa reads its query; undefined where it is refused. */
function readByKoa(url: string): unknown {
  const { query } = koa.createContext({ url, headers: {} } as IncomingMessage, {} as ServerResponse)
  if (Object.values(query).some(Array.isArray)) return undefined
  const checked = route.contract.request.safeParse(Object.fromEntries(Object.entries(query)))
  return checked.success ? checked.data : undefined
}

function readByUs(url: string): unknown {
  const target = matchCacheable(url)
  if (target === undefined) return undefined
  try {
    return parseRequest(target.route, parseQuery(target.query), target.pathParameters)
  } catch {
    return undefined
  }
}

const names = ['city', 'limit', 'type', 'nonsense', '__proto__', '']
const marks = ['=', '&', '+', '%', '?', '%20', '%FF', '%C3%A4', '%3D', '1', 'a']
const queries = fc.array(fc.constantFrom(...names, ...marks), { maxLength: 12 }).map((parts) => parts.join(''))

test('whatever the query is, its request is the one that Koa would read, or it is refused', (t) => {
  fc.assert(
    fc.property(queries, (query) => {
      const read = readByUs(`/events?${query}`)
      if (read !== undefined) t.deepEqual(read, readByKoa(`/events?${query}`), query)
    }),
    { numRuns: 2_000 },
  )
})

test('usual queries are read', (t) => {
  for (const query of ['', 'city=Berlin', 'city=M%C3%BCnchen&limit=5', 'city=New+York', 'end=2200-01-01&&']) {
    t.truthy(readByUs(`/events?${query}`), query)
    t.deepEqual(readByUs(`/events?${query}`), readByKoa(`/events?${query}`), query)
  }
})

test('no number of parameters hides the last one', (t) => {
  for (const last of ['nonsense=1', 'city=b']) {
    const url = `/events?city=a${'&'.repeat(2_000)}${last}`
    t.is(readByKoa(url), undefined)
    t.is(readByUs(url), undefined)
  }
})
