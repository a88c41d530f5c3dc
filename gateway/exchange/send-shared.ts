import { matchesEtag } from '../cache/matches-etag.ts'
import type { Answer, Origin } from '../cache/reply-cache.ts'
import type { SharePolicy } from '../cache/share-policy.ts'
import type { Representation } from '../cache/shared-reply.ts'
import type { Exchange } from './exchange.ts'

/**
 * Sends a shared reply in the representation that the client reads, or 304 to whoever has it. All headers go to Node in one array:
 * setting each for itself through Koa costs more than all the rest.
 */
export function sendShared(
  { req, res, state }: Exchange,
  { reply, origin }: Answer,
  representation: Representation,
  policy: SharePolicy,
): void {
  const { etag, headers } = representation
  const ageMs = Date.now() - reply.askedAt
  const head = [
    ...state.commonHeaders,
    ...state.limitHeaders(),
    'ETag',
    etag,
    'Vary',
    'Accept-Encoding',
    'Cache-Control',
    policy.cacheControl,
    'Cache-Status',
    cacheStatus(origin, policy.freshForMs - ageMs),
  ]
  if (isKept(origin)) head.push('Age', String(Math.max(0, Math.ceil(ageMs / 1_000))))
  if (matchesEtag(req.headers['if-none-match'], etag)) {
    res.writeHead(304, head)
    res.end()
    return
  }
  res.writeHead(200, [...headers, ...head])
  if (req.method === 'HEAD') res.end()
  else res.end(representation.give(), 'latin1')
}

function isKept(origin: Origin): boolean {
  return origin === 'hit' || origin === 'stale-if-error'
}

/** In the words of RFC 9211. */
function cacheStatus(origin: Origin, leftMs: number): string {
  const ttl = Math.floor(leftMs / 1_000)
  switch (origin) {
    case 'hit':
      return `gateway; hit; ttl=${ttl}`
    case 'stale-if-error':
      return `gateway; hit; ttl=${ttl}; detail=no-worker`
    case 'miss':
      return 'gateway; fwd=uri-miss; stored'
    case 'collapsed':
      return 'gateway; fwd=uri-miss; collapsed'
    case 'newer':
      return 'gateway; fwd=request; stored'
  }
}
