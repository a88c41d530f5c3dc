import { LRUCache } from 'lru-cache'
import type { FactPosition } from '#shared/facts/stream.ts'
import type { RawReply } from '#shared/messaging/call.ts'
import { anonymous } from '#shared/messaging/caller.ts'
import type { Cors } from '../http/cors.ts'
import type { FindAnswer } from '../http/listener.ts'
import type { RequestContext } from '../http/request-context.ts'
import type { PublicLimits } from '../limits/rate-limits.ts'
import type { GatewayMetrics } from '../metrics.ts'
import { allRoutes, matchCacheable } from '../routes/all-routes.ts'
import { isPaged, nextPageLink } from '../routes/next-page.ts'
import { parseQuery, parseRequest } from '../routes/parse-request.ts'
import type { Perform } from '../routes/perform.ts'
import { type CacheableRoute, isCacheable } from '../routes/route.ts'
import { cacheKey } from './cache-key.ts'
import { CachedReply } from './cached-reply.ts'
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

/** The read that a parsed request asks for. `min_seq` is not part of its key. */
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

/** Answers a read from the cache or by calling the worker, and reports which. */
export type AnswerRead = (request: RequestContext, read: Read) => Promise<CacheStatus>

/** The reply to a read, from the cache or by calling the worker; null if only the worker knows whether it includes `minSeq`. */
export type GetReply = (read: Read, requestId: string) => Promise<CacheAnswer | null>

interface ReadParts {
  readonly cache: ReplyCache
  readonly perform: Perform
  readonly metrics: GatewayMetrics
}

/** Creates the function that gets replies through the cache. */
export function createGetReply({ cache, perform, metrics }: ReadParts): GetReply {
  for (const { path } of allRoutes.filter(isCacheable)) metrics.announceCachedEndpoint(path)
  return async (read, requestId) => {
    const { route, minSeq } = read
    const fetchShared = async () => {
      const reply = await fetchReply(perform, read, requestId)
      return isPaged(route) ? { ...reply, link: nextPageLink(queryOf(read), reply.body) } : reply
    }
    const cached =
      minSeq === null ? await cache.get(read, fetchShared) : await cache.getSince(minSeq, read, fetchShared)
    // A reader who joined a call in flight cost no call.
    if (cached === null || cached.status === 'miss' || cached.status === 'newer') metrics.cacheMissed(route.path)
    else metrics.cacheHit(route.path)
    return cached
  }
}

/** Everybody gets this reply, so the call has no caller. */
function fetchReply(perform: Perform, { route, request }: Read, requestId: string, body = request): Promise<RawReply> {
  return perform(route.contract, body, {
    requestId,
    caller: anonymous,
    deadlineAt: performance.now() + route.contract.deadlineMs,
  })
}

/** Creates the function that answers reads. `position`: how far the domain events have been followed; null while they are not followed. */
export function createAnswerRead(parts: {
  readonly getReply: GetReply
  readonly perform: Perform
  readonly position: () => FactPosition | null
}): AnswerRead {
  const { getReply, perform, position } = parts
  return async (request, read) => {
    const { policy, cacheControl, route } = read
    const { tellsPosition } = route
    const cached = await getReply(read, request.requestId)
    if (cached === null) {
      // The number of a snapshot covers only writes that it includes for certain, and a long transaction keeps it low. Only the database
      // knows whether it includes this write.
      const asked = { ...read.request, min_seq: String(read.minSeq) }
      const callTime = { calledAt: Date.now(), position: position() }
      const reply = CachedReply.from(await fetchReply(perform, read, request.requestId, asked), callTime)
      const status = 'uncached'
      await sendReply(request, { reply, status }, { policy, cacheControl: 'no-store', tellsPosition })
      return status
    }
    await sendReply(request, cached, { policy, cacheControl, tellsPosition })
    return cached.status
  }
}

/** The parameters in the query of a read, without those of its path. */
function queryOf({ route: { path }, request }: Read): Record<string, unknown> {
  return Object.fromEntries(Object.entries(request).filter(([name]) => !path.includes(`:${name}`)))
}

/** URLs whose parsed read is cached, and their longest length. */
const maxReads = 10_000
const maxUrlLength = 512

/** Answers public, cacheable GETs without credentials, without Koa: limits, parse, cache, send. */
export function findPublicReads(parts: {
  answerRead: AnswerRead
  limits: PublicLimits | null
  cors: Cors | null
}): FindAnswer {
  const { answerRead, limits, cors } = parts
  const reads = new LRUCache<string, Read>({ max: maxReads })
  return (req) => {
    // Organisers see drafts, so requests with credentials go to Koa.
    if (req.headers.authorization !== undefined) return undefined
    const { url = '' } = req
    const known = url.length <= maxUrlLength ? reads.get(url) : undefined
    const target = known === undefined ? matchCacheable(url) : undefined
    const route = known?.route ?? target?.route
    if (route === undefined) return undefined
    return {
      endpoint: route.path,
      // A flood of refusals must not displace traces worth reading.
      mayBeginTrace: () => limits === null || !limits.refuses(req, route.limit),
      async send(request) {
        if (cors !== null) request.headers.push(...cors.ofPublicReads)
        // Limits first: a refused request must not cost a parse.
        if (limits !== null && !(await limits.admit(request, route.limit))) return
        const read =
          known ?? readOf(route, parseRequest(route, parseQuery(target?.query ?? ''), target?.pathParameters ?? {}))
        const status = await answerRead(request, read)
        // Cached from its second use on: most URLs come only once, and caching each took a third of the heap.
        if (known === undefined && status === 'hit' && url.length <= maxUrlLength) reads.set(url, read)
      },
    }
  }
}
