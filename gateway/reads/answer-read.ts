import { LRUCache } from 'lru-cache'
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
import { sendReply } from './send-reply.ts'

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

/** The reply of a read, from the cache or by calling the worker; null where only the worker knows whether it includes `minSeq`. */
export type GetReply = (read: Read, requestId: string) => Promise<CacheAnswer | null>

interface ReadParts {
  readonly cache: ReplyCache
  readonly bus: Bus
  readonly metrics: GatewayMetrics
}

export function createGetReply({ cache, bus, metrics }: ReadParts): GetReply {
  for (const { path } of allRoutes.filter(isCacheable)) metrics.announceCachedEndpoint(path)
  return async (read, requestId) => {
    const { route, minSeq } = read
    const fetchShared = async () => {
      const reply = await callWorker(bus, read, requestId)
      return isPaged(route) ? { ...reply, link: nextPageLink(queryOf(read), reply.body) } : reply
    }
    const cached =
      minSeq === null ? await cache.get(read, fetchShared) : await cache.getSince(minSeq, read, fetchShared)
    // A reader who joined another's call was spared one.
    if (cached === null || cached.status === 'miss' || cached.status === 'newer') metrics.cacheMissed(route.path)
    else metrics.cacheHit(route.path)
    return cached
  }
}

/** Everybody gets the reply, so the call is made in nobody's name. */
function callWorker(bus: Bus, { route, request }: Read, requestId: string, body = request): ReturnType<typeof callRaw> {
  return callRaw(bus, route.contract, body, {
    requestId,
    caller: anonymous,
    deadlineAt: performance.now() + route.contract.deadlineMs,
  })
}

export function createAnswerRead({ getReply, bus }: { getReply: GetReply; bus: Bus }): AnswerRead {
  return async (request, read) => {
    const cached = await getReply(read, request.requestId)
    if (cached === null) {
      // A snapshot's number counts only what it includes for certain, and an old open transaction keeps it low: only the database knows
      // whether this one write is in it.
      const asked = { ...read.request, min_seq: String(read.minSeq) }
      const { body } = await callWorker(bus, read, request.requestId, asked)
      const headers = ['Content-Type', 'application/json; charset=utf-8', 'Content-Length', String(body.byteLength)]
      send(
        request,
        200,
        [...headers, 'Cache-Control', 'no-store', 'Cache-Status', 'gateway; fwd=request'],
        Buffer.from(body),
      )
      return 'miss'
    }
    const { policy, cacheControl, route } = read
    await sendReply(request, cached, { policy, cacheControl, tellsPosition: route.tellsPosition })
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
