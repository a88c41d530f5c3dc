import { matchesEtag } from '../cache/matches-etag.ts'
import type { Answer, Origin } from '../cache/reply-cache.ts'
import type { SharePolicy } from '../cache/share-policy.ts'
import type { Representation } from '../cache/shared-reply.ts'
import type { Exchange } from './exchange.ts'
import { writeHead } from './write-head.ts'

/**
 * Sends a shared reply in the representation that the client reads, or 304 to whoever has it. All headers are written in one piece:
 * setting each for itself through Koa costs more than all the rest.
 */
export function sendShared(
  exchange: Exchange,
  { reply, origin }: Answer,
  representation: Representation,
  policy: SharePolicy,
): void {
  const { req, res, state } = exchange
  const { etag, headers } = representation
  const ageMs = Date.now() - reply.askedAt
  let lines = `${state.commonHeaders}${state.limitHeaders()}ETag: ${etag}\r\nVary: Accept-Encoding\r\n`
  lines += `Cache-Control: ${policy.cacheControl}\r\nCache-Status: ${cacheStatus(origin, policy.freshForMs - ageMs)}\r\n`
  if (isOlder(origin)) lines += `Age: ${Math.max(0, Math.ceil(ageMs / 1_000))}\r\n`
  if (matchesEtag(req.headers['if-none-match'], etag)) {
    writeHead(exchange, 304, lines)
    res.end()
  } else {
    writeHead(exchange, 200, `${headers}${lines}`)
    if (req.method === 'HEAD') res.end()
    else res.end(representation.give(), 'latin1')
  }
  // Not before: what fails on the way is always told.
  state.isRoutine = true
}

/** Whether it was asked for before this reader came; who asked themselves know how long it took. */
function isOlder(origin: Origin): boolean {
  return origin !== 'miss' && origin !== 'newer'
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
