import { writePosition } from '#shared/facts/position.ts'
import { prefersGzip } from '../http/gzip.ts'
import { type RequestContext, send } from '../http/request-context.ts'
import type { CachePolicy } from '../routes/cache-policy.ts'
import type { CacheAnswer, CacheStatus } from './reply-cache.ts'

/** How other caches may cache a reply. */
export interface ReplyTerms {
  readonly policy: CachePolicy
  readonly cacheControl: string
  /** The request headers that the reply depends on. */
  readonly vary?: string
  /** Whether to send the position of the last domain event that the reply includes. */
  readonly tellsPosition?: boolean | undefined
}

/** Sends a reply in the encoding that the client prefers, or a 304. */
export async function sendReply(
  request: RequestContext,
  { reply, status }: CacheAnswer,
  { policy, cacheControl, vary = 'Accept-Encoding', tellsPosition }: ReplyTerms,
): Promise<void> {
  const { req } = request
  const representation = prefersGzip(req) ? await reply.compressed() : reply.plain
  const { etag, headers } = representation
  const ageMs = Date.now() - reply.calledAt
  const own = ['ETag', etag, 'Vary', vary, 'Cache-Control', cacheControl]
  own.push('Cache-Status', cacheStatusHeader(status, policy.freshForMs - ageMs))
  // A new page may be made of older replies.
  const isJustMade = (status === 'miss' || status === 'newer' || status === 'uncached') && ageMs < 1_000
  if (!isJustMade) own.push('Age', String(Math.max(0, Math.ceil(ageMs / 1_000))))
  if (tellsPosition && reply.position !== null) own.push('Stream-Position', writePosition(reply.position))
  if (matchesEtag(req.headers['if-none-match'], etag)) send(request, 304, own, '')
  else send(request, 200, [...headers, ...own], representation.body)
  // Last: an error above is always logged.
  request.isRoutine = true
}

/** The Cache-Status header of RFC 9211. */
function cacheStatusHeader(status: CacheStatus, ttlMs: number): string {
  const ttl = Math.floor(ttlMs / 1_000)
  switch (status) {
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
    case 'uncached':
      return 'gateway; fwd=request'
  }
}

/** Longer headers are ignored: no client remembers that many versions. */
const maxIfNoneMatchLength = 2_048

/**
 * Matches If-None-Match weakly (RFC 9110, section 13.1.2). Koa's `fresh` ignores the header if the client also sends `no-cache`, as
 * browsers do on a reload.
 */
export function matchesEtag(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined || ifNoneMatch.length > maxIfNoneMatchLength) return false
  if (ifNoneMatch === etag || ifNoneMatch.trim() === '*') return true
  return ifNoneMatch.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === etag)
}
