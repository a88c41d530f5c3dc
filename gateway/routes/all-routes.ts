import { checkInRoutes } from './check-in.ts'
import { eventRoutes } from './events.ts'
import { organisingRoutes } from './organising.ts'
import { privacyRoutes } from './privacy.ts'
import { type CacheableRoute, isCacheable, type Route } from './route.ts'
import { sellingRoutes } from './selling.ts'
import { waitingRoutes } from './waiting.ts'
import { waitingListRoutes } from './waiting-list.ts'

/** Every route with a contract, in the order of the documentation. */
export const allRoutes: readonly Route[] = [
  ...eventRoutes,
  ...waitingRoutes,
  ...sellingRoutes,
  ...waitingListRoutes,
  ...privacyRoutes,
  ...organisingRoutes,
  ...checkInRoutes,
]

/** A URL that names a cacheable route. */
export interface CacheableTarget {
  readonly route: CacheableRoute
  readonly pathParameters: Readonly<Record<string, string>>
  /** The query without its question mark. */
  readonly query: string
}

const cacheableRoutes = allRoutes.filter(isCacheable).map((route) => ({ route, segments: route.path.split('/') }))

/** Plain paths of visible ASCII. Whole URLs, fragments and percent-encoded letters go to Koa's router, which has the same routes. */
const plainTarget = /^\/[!-"$-~]*$/

/** The cacheable route that an unchanged URL names exactly; undefined otherwise. */
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
