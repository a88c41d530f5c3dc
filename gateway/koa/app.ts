import type { IncomingMessage } from 'node:http'
import Router, { type RouterMiddleware } from '@koa/router'
import Koa from 'koa'
import compose from 'koa-compose'
import { TicketingError } from '#shared/errors.ts'
import type { ClientAddresses } from '../http/client-address.ts'
import type { Cors } from '../http/cors.ts'
import { type HostGuard, hasOneHost } from '../http/host-guard.ts'
import type { Observe } from '../http/observe.ts'
import { type HeaderList, noEndpoint, type RequestContext } from '../http/request-context.ts'
import type { IdentifyOptions } from '../identity/identify.ts'
import type { ConcurrencyLimit } from '../limits/concurrency-limit.ts'
import type { AnswerRead } from '../reads/answer-read.ts'
import { allRoutes, matchCacheable } from '../routes/all-routes.ts'
import type { Perform } from '../routes/perform.ts'
import { methodsWithBody, type Route } from '../routes/route.ts'
import { type AnswerParts, answerRoute } from './answer-route.ts'
import { type Middleware, type OwnRoute, type RequestState, setHeaders } from './context.ts'
import type { LimitFailures, RateLimit } from './rate-limit.ts'
import { hasBody, readBody } from './read-body.ts'
import { readCredentials, setCaller } from './read-caller.ts'

export interface AppParts {
  readonly onBrokenResponse: (error: unknown) => void
  readonly observe: Observe
  readonly clientAddresses: ClientAddresses
  readonly rateLimit: RateLimit
  readonly limitFailures: LimitFailures
  /** Null: requests may name any host. */
  readonly hostGuard: HostGuard | null
  /** Null: pages of other origins may read nothing. */
  readonly cors: Cors | null
  readonly identity: IdentifyOptions
  readonly perform: Perform
  readonly keepSession: AnswerParts['keepSession']
  readonly answerRead: AnswerRead
  readonly newHolds: ConcurrencyLimit
  /** Lets problems of this request be sent as pages to browsers. */
  readonly showProblems: (request: RequestContext) => void
  /** Own routes without rate limit: for operators, probes and payment providers. */
  readonly unlimited: readonly OwnRoute[]
  /** Own routes that count against the limit of the client's address. */
  readonly limited: readonly OwnRoute[]
}

/** The Koa application: requests that the listener does not answer pass these middleware from top to bottom. */
export function createApp(parts: AppParts): Koa<RequestState> {
  const { onBrokenResponse, observe, clientAddresses, rateLimit, hostGuard, cors, unlimited, limited } = parts
  const app = new Koa<RequestState>()
  app.on('error', onBrokenResponse)

  // Exact paths only: proxies hide some of these routes from the public by name.
  const unlimitedRouter = new Router<RequestState>({ strict: true, sensitive: true })
  for (const route of unlimited) registerOwn(unlimitedRouter, route)
  const router = new Router<RequestState>()
  for (const route of limited) registerOwn(router, route)
  for (const route of allRoutes) {
    const ofPublicReads = cors !== null && route.access === 'public' ? [addHeaders(cors.ofPublicReads)] : []
    register(router, { ...route, middleware: [...ofPublicReads, ...middlewareOf(route, parts)] })
  }

  app.use(observed(observe))
  app.use((ctx, next) => {
    ctx.state.client = clientAddresses.clientOf(ctx.req)
    return next()
  })
  app.use(unlimitedRouter.routes())
  app.use(rateLimit('address', (ctx) => ctx.state.client))
  if (cors !== null) app.use(answerPreflight(cors, router))
  app.use((ctx, next) => {
    hostGuard?.check(ctx.req)
    refuseExpectation(ctx.get('expect'))
    return next()
  })
  app.use(router.routes())
  app.use(refuseUnknown([unlimitedRouter, router], parts.showProblems))
  return app
}

/** The middleware of a route, after the limit of the address. The caller is known and limited before the body is read. */
function middlewareOf(route: Route, parts: AppParts): Middleware[] {
  const { identity, rateLimit, limitFailures, perform, keepSession, answerRead, newHolds } = parts
  const credentials = readCredentials(route.access, identity, limitFailures)
  const settle = setCaller(route.access, identity)
  const limit = rateLimit(route.limit, (ctx) => ctx.state.rateLimitKey)
  const answer = answerRoute(route, { perform, keepSession, answerRead, mode: identity.mode, newHolds })
  if (!methodsWithBody.includes(route.method)) return [credentials, settle, limit, answer]
  const known = compose([settle, limit, readBody({ mayBeCompressed: true }), settle])
  // In demo mode the body may name the caller. The body is then limited by address, and the caller after it is read.
  const limitBody = rateLimit('demo-body', (ctx) => ctx.state.client)
  const claimed = compose([limitBody, readBody({ mayBeCompressed: false }), settle, limit])
  const body: Middleware = (ctx, next) => (ctx.state.proven === undefined && hasBody(ctx) ? claimed : known)(ctx, next)
  return [credentials, body, answer]
}

function addHeaders(headers: HeaderList): Middleware {
  return (ctx, next) => {
    ctx.state.request.headers.push(...headers)
    setHeaders(ctx, headers)
    return next()
  }
}

/** Answers a CORS preflight. Passes any other OPTIONS on. */
function answerPreflight(cors: Cors, router: Router<RequestState>): Middleware {
  return (ctx, next) => {
    const wanted = ctx.get('access-control-request-method')
    if (ctx.method !== 'OPTIONS' || wanted === '') return next()
    const layers = router.match(ctx.path, wanted).path
    const methods = [...new Set(layers.flatMap((layer) => layer.methods))].sort()
    const isPublicRead = matchCacheable(ctx.path) !== undefined
    const headers = methods.includes(wanted) ? cors.preflight(ctx.req, methods, isPublicRead) : undefined
    if (headers === undefined) return next()
    setHeaders(ctx, [...headers, 'Cache-Control', 'no-store'])
    ctx.status = 204
    return undefined
  }
}

function registerOwn(router: Router<RequestState>, { method, path, middleware }: OwnRoute): void {
  const forbidStoring: Middleware = (ctx, next) => {
    ctx.set('Cache-Control', 'no-store')
    return next()
  }
  register(router, { method, path, middleware: [forbidStoring, ...middleware] })
}

type Registration = Pick<OwnRoute, 'path' | 'middleware'> & { readonly method: string }

/** Adds a route to a router. Sets the endpoint for span, log and metrics before anything else. */
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
        ctx.state.isBodyRead = false
        setHeaders(ctx, request.headers)
        refuseStrangeTarget(ctx.req.url ?? '')
        refuseSeveralHosts(ctx.req)
        return next()
      },
    })
}

/** Allows paths, and whole URLs as proxies send them. Routers cannot read anything else. */
function refuseStrangeTarget(url: string): void {
  if (url.startsWith('/') || (/^https?:\/\//i.test(url) && URL.canParse(url))) return
  throw new TicketingError('validation_failed', 'This request target is not valid.')
}

function refuseSeveralHosts(req: IncomingMessage): void {
  if (hasOneHost(req)) return
  throw new TicketingError('malformed_request', 'Send exactly one Host header.')
}

/** Node itself answers `100-continue`; RFC 9110, section 10.1.1, defines no other expectation. */
function refuseExpectation(expect: string): void {
  if (expect === '' || expect.toLowerCase() === '100-continue') return
  throw new TicketingError('expectation_failed', 'Expect: only 100-continue is supported. Leave the header out.')
}

/** Refuses requests without a route: 405 with Allow if the path has other methods, else 404. */
function refuseUnknown(
  routers: readonly Router<RequestState>[],
  showProblems: (request: RequestContext) => void,
): Middleware {
  return (ctx) => {
    showProblems(ctx.state.request)
    const layers = routers.flatMap((router) => router.match(ctx.path, ctx.method).path)
    const allowed = [...new Set(layers.flatMap((layer) => layer.methods))].sort()
    if (allowed.length === 0) throw new TicketingError('not_found', 'Nothing is at this path.')
    ctx.set('Allow', allowed.join(', '))
    throw new TicketingError('method_not_allowed', `This path accepts only ${allowed.join(', ')}.`)
  }
}
