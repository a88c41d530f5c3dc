import compose from 'koa-compose'
import type { Dependencies } from '../dependencies.ts'
import { type MatchedRead, matchRead } from '../routes/match-read.ts'
import type { Route } from '../routes/route.ts'
import { limitAddress } from './limit-rate.ts'
import { readClientAddress } from './read-client-address.ts'
import { rememberUrls } from './remembered-urls.ts'
import type { Middleware } from './state.ts'

/** What every request to a route passes, once its address was counted. */
export type LayersByRoute = ReadonlyMap<Route, readonly Middleware[]>

/**
 * The first layer that answers: GETs whose route is found at once, nearly all that comes on a busy day. Everything else goes on to the
 * router, which knows the same routes by the same layers.
 */
export function answerReads(layers: LayersByRoute, dependencies: Dependencies): Middleware {
  const matches = rememberUrls<MatchedRead>()
  const countAddress = [readClientAddress(dependencies), limitAddress(dependencies)]
  const answers = new Map([...layers].map(([route, ofRoute]) => [route, compose([...countAddress, ...ofRoute])]))
  return (ctx, next) => {
    const { method, url = '' } = ctx.req
    if (method !== 'GET' && method !== 'HEAD') return next()
    let matched = matches.get(url)
    if (matched === undefined) {
      matched = matchRead(ctx.path)
      if (matched === undefined) return next()
      matches.set(url, matched)
    }
    ctx.params = matched.params
    return answers.get(matched.route)?.(ctx, next)
  }
}
