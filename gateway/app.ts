import Router, { type RouterMiddleware } from '@koa/router'
import Koa from 'koa'
import { TicketingError } from '#shared/errors.ts'
import type { Dependencies } from './dependencies.ts'
import { answerReads, type LayersByRoute } from './middleware/answer-reads.ts'
import { answerRoute } from './middleware/answer-route.ts'
import { enterTrace } from './middleware/enter-trace.ts'
import { limitAddress, limitCaller } from './middleware/limit-rate.ts'
import { nameEndpoint } from './middleware/name-endpoint.ts'
import { observeRequest } from './middleware/observe-request.ts'
import { methodsWithBody, readBody } from './middleware/read-body.ts'
import { readCaller } from './middleware/read-caller.ts'
import { readClientAddress } from './middleware/read-client-address.ts'
import type { Middleware, RequestState } from './middleware/state.ts'
import { allRoutes } from './routes/all-routes.ts'
import { registerOperatorRoutes } from './routes/operating.ts'
import { isShareable, type Route } from './routes/route.ts'
import { registerSession } from './routes/session.ts'
import { registerWebhooks } from './routes/webhooks.ts'

/** The HTTP application: every request that is not answered in front of it passes these layers from top to bottom. */
export function createApp(dependencies: Dependencies): Koa<RequestState> {
  const app = new Koa<RequestState>()
  app.on('error', (error) => dependencies.log.warn({ err: error }, 'a response broke off'))

  // Exactly these paths: whatever stands in front of the gateway keeps some of them from strangers by their names.
  const unlimited = new Router<RequestState>({ strict: true, sensitive: true })
  registerOperatorRoutes(unlimited, dependencies)
  registerWebhooks(unlimited, dependencies)
  const api = new Router<RequestState>()
  const layers = new Map(allRoutes.map((route) => [route, layersOf(route, dependencies)]))
  registerRoutes(api, layers, dependencies)
  if (dependencies.issueToken !== null) registerSession(api, dependencies, dependencies.issueToken)

  const countAddress = [readClientAddress(dependencies), limitAddress(dependencies)]
  app.use(observeRequest(dependencies))
  app.use(answerReads(countAddress, layers))
  app.use(enterTrace())
  app.use(unlimited.routes())
  for (const layer of countAddress) app.use(layer)
  app.use(api.routes())
  app.use(refuseUnknown([unlimited, api]))
  return app
}

function registerRoutes(router: Router<RequestState>, layers: LayersByRoute, { metrics }: Dependencies): void {
  for (const [route, ofRoute] of layers) {
    if (isShareable(route)) metrics.announceCachedEndpoint(route.path)
    router.register(route.path, [route.method], [...ofRoute] as RouterMiddleware<RequestState>[])
  }
}

/** What every request to a route passes, once its address was counted. */
function layersOf(route: Route, dependencies: Dependencies): Middleware[] {
  return [
    nameEndpoint(route.path),
    ...(methodsWithBody.includes(route.method) ? [readBody()] : []),
    readCaller(route, dependencies),
    limitCaller(route.limit, dependencies),
    answerRoute(route, dependencies),
  ]
}

/** What no route took: 405 with Allow where the path exists with another method, else 404. */
function refuseUnknown(routers: readonly Router<RequestState>[]): Middleware {
  return (ctx) => {
    const layers = routers.flatMap((router) => router.match(ctx.path, ctx.method).path)
    const allowed = [...new Set(layers.flatMap((layer) => layer.methods))].sort()
    if (allowed.length === 0) throw new TicketingError('not_found', 'There is nothing at this path.')
    ctx.set('Allow', allowed.join(', '))
    throw new TicketingError('method_not_allowed', `This path answers ${allowed.join(', ')}.`)
  }
}
