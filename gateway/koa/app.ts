import Router, { type RouterMiddleware } from '@koa/router'
import type Logger from 'bunyan'
import Koa from 'koa'
import { TicketingError } from '#shared/errors.ts'
import type { Bus } from '#shared/messaging/bus.ts'
import type { ClientAddresses } from '../http/client-address.ts'
import type { Observe } from '../http/observe.ts'
import { noEndpoint } from '../http/request-context.ts'
import type { IdentifyOptions } from '../identity/identify.ts'
import type { ConcurrencyLimit } from '../limits/concurrency-limit.ts'
import type { AnswerRead } from '../reads/answer-read.ts'
import { allRoutes } from '../routes/all-routes.ts'
import { methodsWithBody, type Route } from '../routes/route.ts'
import { answerRoute } from './answer-route.ts'
import { type Middleware, type OwnRoute, type RequestState, setHeaders } from './context.ts'
import type { RateLimit } from './rate-limit.ts'
import { readBody } from './read-body.ts'
import { readCaller } from './read-caller.ts'

export interface AppParts {
  readonly log: Logger
  readonly observe: Observe
  readonly clientAddresses: ClientAddresses
  readonly rateLimit: RateLimit
  readonly identity: IdentifyOptions
  readonly bus: Bus
  readonly answerRead: AnswerRead
  readonly newSales: ConcurrencyLimit
  /** Own routes that no limit counts: for operators, probes and providers. */
  readonly unlimited: readonly OwnRoute[]
  /** Own routes behind the limit of their address. */
  readonly limited: readonly OwnRoute[]
}

/** The Koa application: what the listener does not answer itself passes these middleware from top to bottom. */
export function createApp(parts: AppParts): Koa<RequestState> {
  const { log, observe, clientAddresses, rateLimit, unlimited, limited } = parts
  const app = new Koa<RequestState>()
  app.on('error', (error) => log.warn({ err: error }, 'a response broke off'))

  // Exactly these paths: proxies in front of the gateway keep some of them from strangers by their names.
  const unlimitedRouter = new Router<RequestState>({ strict: true, sensitive: true })
  for (const route of unlimited) registerOwn(unlimitedRouter, route)
  const router = new Router<RequestState>()
  for (const route of limited) registerOwn(router, route)
  for (const route of allRoutes) register(router, { ...route, middleware: middlewareOf(route, parts) })

  app.use(observed(observe))
  app.use((ctx, next) => {
    ctx.state.client = clientAddresses.clientOf(ctx.req)
    return next()
  })
  app.use(unlimitedRouter.routes())
  app.use(rateLimit('address', (ctx) => ctx.state.client))
  app.use(router.routes())
  app.use(refuseUnknown([unlimitedRouter, router]))
  return app
}

/** What every request to a route passes, after the limit of its address. */
function middlewareOf(route: Route, { identity, rateLimit, bus, answerRead, newSales }: AppParts): Middleware[] {
  return [
    ...(methodsWithBody.includes(route.method) ? [readBody()] : []),
    readCaller(route.access, identity),
    rateLimit(route.limit, (ctx) => ctx.state.rateLimitKey),
    answerRoute(route, { bus, answerRead, mode: identity.mode, newSales }),
  ]
}

function registerOwn(router: Router<RequestState>, { method, path, middleware }: OwnRoute): void {
  const forbidStoring: Middleware = (ctx, next) => {
    ctx.set('Cache-Control', 'no-store')
    return next()
  }
  register(router, { method, path, middleware: [forbidStoring, ...middleware] })
}

type Registration = Pick<OwnRoute, 'path' | 'middleware'> & { readonly method: string }

/** Adds a route to a router, and first of all its path to span, log and metrics. */
function register(router: Router<RequestState>, { method, path, middleware }: Registration): void {
  const nameEndpoint: Middleware = (ctx, next) => {
    ctx.state.request.endpoint = path
    return next()
  }
  router.register(path, [method], [nameEndpoint, ...middleware] as RouterMiddleware<RequestState>[])
}

function observed(observe: Observe): Middleware {
  return (ctx, next) =>
    observe(ctx.req, ctx.res, {
      endpoint: noEndpoint,
      send(request) {
        ctx.state.request = request
        ctx.state.body = {}
        setHeaders(ctx, request.headers)
        refuseStrangeTarget(ctx.req.url ?? '')
        return next()
      },
    })
}

/** Paths, and whole URLs as proxies send them. Routers cannot read anything else. */
function refuseStrangeTarget(url: string): void {
  if (url.startsWith('/') || (/^https?:\/\//i.test(url) && URL.canParse(url))) return
  throw new TicketingError('validation_failed', 'This request target is not valid.')
}

/** Requests without a route: 405 with Allow where the path has other methods, else 404. */
function refuseUnknown(routers: readonly Router<RequestState>[]): Middleware {
  return (ctx) => {
    const layers = routers.flatMap((router) => router.match(ctx.path, ctx.method).path)
    const allowed = [...new Set(layers.flatMap((layer) => layer.methods))].sort()
    if (allowed.length === 0) throw new TicketingError('not_found', 'Nothing is at this path.')
    ctx.set('Allow', allowed.join(', '))
    throw new TicketingError('method_not_allowed', `This path answers ${allowed.join(', ')}.`)
  }
}
