import { cacheKey } from '../cache/cache-key.ts'
import type { SharedRead } from '../cache/reply-cache.ts'
import type { ShareableRoute } from './route.ts'

/** A checked request to a shareable route. */
export interface ReadOfRoute extends SharedRead {
  readonly route: ShareableRoute
  readonly request: Record<string, unknown>
  /** The write that the answer must include. */
  readonly minSeq: bigint | null
}

export function readOfRoute(route: ShareableRoute, request: Record<string, unknown>): ReadOfRoute {
  const { share } = route
  // Whichever write it must include, it is the same reply.
  const { min_seq: minSeq, ...keyed } = request
  return {
    route,
    request: keyed,
    policy: share,
    tags: share.tags(request),
    key: cacheKey(route.path, keyed),
    minSeq: minSeq === undefined ? null : BigInt(minSeq as string),
  }
}
