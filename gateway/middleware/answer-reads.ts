import compose from 'koa-compose'
import { LRUCache } from 'lru-cache'
import type { Dependencies } from '../dependencies.ts'
import { type MatchedRead, matchRead } from '../routes/match-read.ts'
import type { Route } from '../routes/route.ts'
import { limitAddress, readClientAddress } from './limit-rate.ts'
import { rememberedUrlLength, rememberedUrls } from './remembered-urls.ts'
import type { Context, Middleware } from './state.ts'

/**
 * The first layer that answers: GETs whose route is found at once, nearly all that comes on a busy day. Everything else goes on to the
 * router, which knows the same routes by the same layers.
 */
export function answerReads(layersOf: (route: Route) => readonly Middleware[], dependencies: Dependencies): Middleware {
  const matches = new LRUCache<string, MatchedRead>({ max: rememberedUrls })
  const answers = new Map<Route, Middleware>()
  const before = [readClientAddress(dependencies), limitAddress(dependencies)]

  const answerOf = (route: Route): Middleware => {
    const known = answers.get(route)
    if (known !== undefined) return known
    const answer = compose([...before, ...layersOf(route)])
    answers.set(route, answer)
    return answer
  }

  const match = (ctx: Context, url: string): MatchedRead | undefined => {
    const matched = matchRead(ctx.path)
    if (matched !== undefined && url.length <= rememberedUrlLength) matches.set(url, matched)
    return matched
  }

  return (ctx, next) => {
    const { method, url = '' } = ctx.req
    if (method !== 'GET' && method !== 'HEAD') return next()
    const matched = matches.get(url) ?? match(ctx, url)
    if (matched === undefined) return next()
    ctx.params = matched.params
    return answerOf(matched.route)(ctx, next)
  }
}
