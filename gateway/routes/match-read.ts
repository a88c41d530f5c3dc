import { allRoutes } from './all-routes.ts'
import type { Route } from './route.ts'

export interface MatchedRead {
  readonly route: Route
  /** Parameters in the path, as they stand there. */
  readonly params: Readonly<Record<string, string>>
}

interface PathPattern {
  readonly route: Route
  /** null: a parameter. */
  readonly segments: readonly (string | null)[]
  readonly names: readonly string[]
}

const patterns: readonly PathPattern[] = allRoutes
  .filter(({ method }) => method === 'GET')
  .map((route) => {
    const segments = route.path.split('/')
    return {
      route,
      segments: segments.map((segment) => (segment.startsWith(':') ? null : segment)),
      names: segments.filter((segment) => segment.startsWith(':')).map((segment) => segment.slice(1)),
    }
  })

/**
 * The GET route that a path names exactly, found without asking the router: reads are so many more than everything else that the
 * walk past all other routes would show. What is written unusually, such as with encoded letters, is left to the router.
 */
export function matchRead(path: string): MatchedRead | undefined {
  if (path.includes('%')) return undefined
  const segments = path.split('/')
  const pattern = patterns.find(
    (candidate) =>
      candidate.segments.length === segments.length &&
      candidate.segments.every((expected, at) => (expected === null ? segments[at] !== '' : expected === segments[at])),
  )
  if (pattern === undefined) return undefined
  const values = segments.filter((_segment, at) => pattern.segments[at] === null)
  return { route: pattern.route, params: Object.fromEntries(pattern.names.map((name, at) => [name, values[at] ?? ''])) }
}
