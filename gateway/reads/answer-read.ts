import type { IncomingMessage } from 'node:http'
import accepts from 'accepts'
import { LRUCache } from 'lru-cache'
import { writePosition } from '#shared/facts/position.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import { callRaw } from '#shared/messaging/call.ts'
import { anonymous } from '#shared/messaging/caller.ts'
import type { Cors } from '../http/cors.ts'
import type { FindAnswer } from '../http/listener.ts'
import { type RequestContext, send } from '../http/request-context.ts'
import type { PublicLimits } from '../limits/rate-limits.ts'
import type { GatewayMetrics } from '../metrics.ts'
import { allRoutes, matchCacheable } from '../routes/all-routes.ts'
import { isPaged, nextPageLink } from '../routes/next-page.ts'
import { parseQuery, parseRequest } from '../routes/parse-request.ts'
import { type CacheableRoute, isCacheable } from '../routes/route.ts'
import { cacheKey } from './cache-key.ts'
import type { CacheAnswer, CacheableRead, CacheStatus, ReplyCache } from './reply-cache.ts'

/** A parsed request to a cacheable route. */
export interface Read extends CacheableRead {
  readonly route: CacheableRoute
  readonly request: Record<string, unknown>
  readonly cacheControl: string
  /** The `seq` of a write that the answer must include. */
  readonly minSeq: bigint | null
}

/** The read that a parsed request asks for. Readers of different writes share a key. */
export function readOf(route: CacheableRoute, request: Record<string, unknown>): Read {
  const { min_seq: minSeq, ...keyed } = request
  return {
    route,
    request: keyed,
    policy: route.cache,
    tags: route.cache.tags(request),
    cacheControl: route.cache.cacheControl(request),
    key: cacheKey(route.path, keyed),
    minSeq: minSeq === undefined ? null : BigInt(minSeq as string),
  }
}

/** Answers a read from the cache or by calling the worker, and tells which of them it was. */
export type AnswerRead = (request: RequestContext, read: Read) => Promise<CacheStatus>

export function createAnswerRead(parts: { cache: ReplyCache; bus: Bus; metrics: GatewayMetrics }): AnswerRead {
  const { cache, bus, metrics } = parts
  for (const { path } of allRoutes.filter(isCacheable)) metrics.announceCachedEndpoint(path)
  return async (request, read) => {
    const { route, minSeq } = read
    // Everybody gets the reply, so the call is made in nobody's name.
    const fetch = (body = read.request) =>
      callRaw(bus, route.contract, body, {
        requestId: request.requestId,
        caller: anonymous,
        deadlineAt: performance.now() + route.contract.deadlineMs,
      })
    const fetchShared = async () => {
      const reply = await fetch()
      return isPaged(route) ? { ...reply, link: nextPageLink(queryOf(read), reply.body) } : reply
    }
    const cached =
      minSeq === null ? await cache.get(read, fetchShared) : await cache.getSince(minSeq, read, fetchShared)
    if (cached === null) {
      // A snapshot's number counts only what it includes for certain, and an old open transaction keeps it low: only the database knows
      // whether this one write is in it.
      metrics.cacheMissed(route.path)
      const { body } = await fetch({ ...read.request, min_seq: String(minSeq) })
      const headers = ['Content-Type', 'application/json; charset=utf-8', 'Content-Length', String(body.byteLength)]
      send(
        request,
        200,
        [...headers, 'Cache-Control', 'no-store', 'Cache-Status', 'gateway; fwd=request'],
        Buffer.from(body),
      )
      return 'miss'
    }
    // A reader who joined another's call was spared one.
    if (cached.status === 'miss' || cached.status === 'newer') metrics.cacheMissed(route.path)
    else metrics.cacheHit(route.path)
    await sendReply(request, read, cached)
    return cached.status
  }
}

/** The parameters that stand in the query of a read, not in its path. */
function queryOf({ route: { path }, request }: Read): Record<string, unknown> {
  return Object.fromEntries(Object.entries(request).filter(([name]) => !path.includes(`:${name}`)))
}

/** URLs whose parsed read is remembered, and the longest of them. */
const maxReads = 10_000
const maxUrlLength = 512

/** Answers public, cacheable GETs without credentials, in front of Koa: limits, parse, cache, send. */
export function findPublicReads(parts: {
  answerRead: AnswerRead
  limits: PublicLimits | null
  cors: Cors | null
}): FindAnswer {
  const { answerRead, limits, cors } = parts
  const reads = new LRUCache<string, Read>({ max: maxReads })
  return (req) => {
    // Organisers see drafts, so what has credentials goes to Koa.
    if (req.headers.authorization !== undefined) return undefined
    const { url = '' } = req
    const known = url.length <= maxUrlLength ? reads.get(url) : undefined
    const target = known === undefined ? matchCacheable(url) : undefined
    const route = known?.route ?? target?.route
    if (route === undefined) return undefined
    return {
      endpoint: route.path,
      // A flood of refusals must not push out traces worth reading.
      mayBeginTrace: () => limits === null || !limits.refuses(req, route.limit),
      async send(request) {
        if (cors !== null) request.headers.push(...cors.ofPublicReads)
        // Limits first: a refused request must not cost a parse.
        if (limits !== null && !(await limits.admit(request, route.limit))) return
        const read =
          known ?? readOf(route, parseRequest(route, parseQuery(target?.query ?? ''), target?.pathParameters ?? {}))
        const status = await answerRead(request, read)
        // From the second time on: most URLs never come again, and a note of each was a third of the heap.
        if (known === undefined && status === 'hit' && url.length <= maxUrlLength) reads.set(url, read)
      },
    }
  }
}

/** Sends a reply in the encoding that the client prefers, or a 304. */
async function sendReply(
  request: RequestContext,
  { route, policy, cacheControl }: Read,
  { reply, status }: CacheAnswer,
): Promise<void> {
  const { req } = request
  const representation = prefersGzip(req) ? await reply.compressed() : reply.plain
  const { etag, headers } = representation
  const ageMs = Date.now() - reply.calledAt
  const own = ['ETag', etag, 'Vary', 'Accept-Encoding', 'Cache-Control', cacheControl]
  own.push('Cache-Status', cacheStatusHeader(status, policy.freshForMs - ageMs))
  if (status !== 'miss' && status !== 'newer') own.push('Age', String(Math.max(0, Math.ceil(ageMs / 1_000))))
  if (route.tellsPosition && reply.position !== null) own.push('Stream-Position', writePosition(reply.position))
  if (matchesEtag(req.headers['if-none-match'], etag)) send(request, 304, own, '')
  else send(request, 200, [...headers, ...own], representation.body)
  // Last: a failure above is always logged.
  request.isRoutine = true
}

/** RFC 9211. */
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
  }
}

/** Longer headers are ignored: no client remembers so many versions. */
const maxIfNoneMatchLength = 2_048

/**
 * If-None-Match of RFC 9110, section 13.1.2, compared weakly. Koa's `fresh` ignores it when a client also sends `no-cache`, as browsers
 * do on a reload.
 */
export function matchesEtag(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined || ifNoneMatch.length > maxIfNoneMatchLength) return false
  if (ifNoneMatch === etag || ifNoneMatch.trim() === '*') return true
  return ifNoneMatch.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === etag)
}

/** Clients send few different headers; longer ones are not worth parsing. */
const maxAcceptEncodingLength = 256
const gzipPreferences = new LRUCache<string, boolean>({ max: 500 })

/** Whether the client accepts gzip at least as gladly as no encoding. */
function prefersGzip(req: IncomingMessage): boolean {
  const header = req.headers['accept-encoding']
  if (typeof header !== 'string' || header.length > maxAcceptEncodingLength) return false
  const known = gzipPreferences.get(header)
  if (known !== undefined) return known
  const prefers = accepts(req).encodings('gzip', 'identity') === 'gzip'
  gzipPreferences.set(header, prefers)
  return prefers
}
