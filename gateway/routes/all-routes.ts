import { eventRoutes } from './events.ts'
import { organisingRoutes } from './organising.ts'
import { type CacheableRoute, isCacheable, type Route } from './route.ts'
import { sellingRoutes } from './selling.ts'
import { waitingRoutes } from './waiting.ts'
import { waitingListRoutes } from './waiting-list.ts'

/** Every route that a contract stands behind, in the order of the documentation. */
export const allRoutes: readonly Route[] = [
  ...eventRoutes,
  ...waitingRoutes,
  ...sellingRoutes,
  ...waitingListRoutes,
  ...organisingRoutes,
]

/** A URL that names a cacheable route. */
export interface CacheableTarget {
  readonly route: CacheableRoute
  readonly pathParameters: Readonly<Record<string, string>>
  /** Without the question mark. */
  readonly query: string
}

const cacheableRoutes = allRoutes.filter(isCacheable).map((route) => ({ route, segments: route.path.split('/') }))

/** Plain paths of visible ASCII. Whole URLs, fragments and encoded letters are left to Koa's router, which knows the same routes. */
const plainTarget = /^\/[!-"$-~]*$/

/** The cacheable route that a URL, as it came, names exactly; undefined for all others. */
export function matchCacheable(url: string): CacheableTarget | undefined {
  if (!plainTarget.test(url)) return undefined
  const [path = '', ...query] = url.split('?')
  if (path.includes('%')) return undefined
  const segments = path.split('/')
  const match = cacheableRoutes.find(
    (candidate) =>
      candidate.segments.length === segments.length &&
      candidate.segments.every((expected, at) =>
        expected.startsWith(':') ? segments[at] !== '' : expected === segments[at],
      ),
  )
  if (match === undefined) return undefined
  const parameters = match.segments.flatMap((name, at) => (name.startsWith(':') ? [[name.slice(1), segments[at]]] : []))
  return { route: match.route, pathParameters: Object.fromEntries(parameters), query: query.join('?') }
}
