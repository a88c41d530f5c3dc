import compose from 'koa-compose'
import { isRead } from '../exchange/is-read.ts'
import { matchRead } from '../routes/match-read.ts'
import type { Route } from '../routes/route.ts'
import type { Middleware } from './state.ts'

/** What every request to a route passes, once its address was counted. */
export type LayersByRoute = ReadonlyMap<Route, readonly Middleware[]>

/**
 * The first layer that answers: reads whose route is found at once. Everything else goes on to the router, which knows the same routes
 * by the same layers.
 */
export function answerReads(countAddress: readonly Middleware[], layers: LayersByRoute): Middleware {
  const answers = new Map([...layers].map(([route, ofRoute]) => [route, compose([...countAddress, ...ofRoute])]))
  return (ctx, next) => {
    const matched = isRead(ctx.req) ? matchRead(ctx.path) : undefined
    if (matched === undefined) return next()
    ctx.params = matched.params
    return answers.get(matched.route)?.(ctx, next)
  }
}
