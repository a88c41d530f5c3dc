import type { Next } from 'koa'
import { LRUCache } from 'lru-cache'
import { anonymous } from '#shared/messaging/caller.ts'
import type { Dependencies } from '../dependencies.ts'
import { type MatchedRoute, matchShareable, type ShareableRoute, shareableRoutes } from '../routes/shareable-routes.ts'
import { answerShared, type ReadOfRoute, readOfRoute } from './answer-shared.ts'
import { limitAddress, limitCaller, readClientAddress } from './limit-rate.ts'
import { readRequest } from './read-request.ts'
import type { Context, Middleware } from './state.ts'

/** URLs whose meaning is remembered, so that each is parsed and checked once. */
const maxUrls = 20_000
const maxUrlLength = 512

/**
 * The first layer that answers: reads of shareable routes by whoever does not say who they are, nearly all that comes on a busy day.
 * Everything else goes on to the router, where the same routes answer those who sign their requests.
 */
export function answerReads(dependencies: Dependencies): Middleware {
  const reads = new LRUCache<string, ReadOfRoute>({ max: maxUrls })
  const readAddress = readClientAddress(dependencies)
  const countAddress = limitAddress(dependencies)
  const countCaller = new Map(shareableRoutes.map((route) => [route, limitCaller(route.limit, dependencies)]))
  for (const { path } of shareableRoutes) dependencies.metrics.announceCachedEndpoint(path)

  const limited = (ctx: Context, route: ShareableRoute, answer: Next): Promise<unknown> => {
    const { state } = ctx
    state.endpoint = route.path
    state.caller = anonymous
    state.knownAs = ''
    const countClass = countCaller.get(route) as Middleware
    return readAddress(ctx, () => countAddress(ctx, () => countClass(ctx, answer)))
  }

  const readAnew = (ctx: Context, { route, params }: MatchedRoute): ReadOfRoute => {
    ctx.params = params
    const read = readOfRoute(route, readRequest(ctx, route, dependencies))
    const { url } = ctx.req
    if (url !== undefined && url.length <= maxUrlLength) reads.set(url, read)
    return read
  }

  return (ctx, next) => {
    const { method, url = '', headers } = ctx.req
    if ((method !== 'GET' && method !== 'HEAD') || headers.authorization !== undefined) return next()
    const known = reads.get(url)
    if (known !== undefined) return limited(ctx, known.route, async () => answerShared(ctx, known, dependencies))
    const matched = matchShareable(ctx.path)
    if (matched === undefined) return next()
    return limited(ctx, matched.route, async () => answerShared(ctx, readAnew(ctx, matched), dependencies))
  }
}
