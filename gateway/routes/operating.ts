import type Router from '@koa/router'
import type { RouterMiddleware } from '@koa/router'
import helmet from 'koa-helmet'
import { TicketingError } from '#shared/errors.ts'
import { checks } from '../checks.ts'
import type { Dependencies } from '../dependencies.ts'
import { homePage } from '../home-page.ts'
import { nameEndpoint } from '../middleware/name-endpoint.ts'
import type { Context, Middleware, RequestState } from '../middleware/state.ts'
import { openApiDocument } from '../openapi.ts'
import { problemKinds } from '../problems.ts'
import { queryMembers } from './query-members.ts'

/** Of pages. TLS ends in front of the gateway: forcing browsers to https is that place's decision. */
const pageHeaders = helmet({
  strictTransportSecurity: false,
  contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
})

/** What operators, probes and readers of the documentation ask for. Not limited, so that watching works in a storm. */
export function registerOperatorRoutes(router: Router<RequestState>, dependencies: Dependencies): void {
  const { bus, instance, exposedMetrics } = dependencies
  const openApi = JSON.stringify(openApiDocument())

  const get = (path: string, answer: (ctx: Context) => Promise<void> | void): void => {
    const answerUncached: Middleware = async (ctx) => {
      ctx.set('Cache-Control', 'no-store')
      await answer(ctx)
    }
    router.register(path, ['GET'], [nameEndpoint(path), answerUncached] as RouterMiddleware<RequestState>[])
  }

  get('/livez', (ctx) => {
    ctx.body = { status: 'alive' }
  })
  get('/readyz', async (ctx) => {
    const ready = bus.connected && !dependencies.isStopping()
    ctx.status = ready ? 200 : 503
    ctx.body = {
      status: ready ? 'ready' : 'not ready',
      ...('verbose' in queryMembers(ctx.querystring) ? await checks(dependencies) : {}),
    }
  })
  if (exposedMetrics !== null) {
    get('/metrics', async (ctx) => {
      const { contentType, text } = await exposedMetrics.expose(ctx.get('accept'))
      ctx.set('Content-Type', contentType)
      ctx.body = text
    })
  }
  get('/openapi.json', (ctx) => {
    ctx.type = 'application/json'
    ctx.body = openApi
  })
  get('/problems/:code', (ctx) => {
    const code = (ctx.params as { code: string }).code
    const problem = problemKinds().find((candidate) => candidate.code === code)
    if (problem === undefined) throw new TicketingError('not_found', 'There is no such problem.')
    ctx.body = problem
  })
  get('/', async (ctx) => {
    await pageHeaders(ctx, async () => undefined)
    ctx.type = 'html'
    ctx.body = homePage({ instance, port: ctx.req.socket.localPort ?? 0, ...(await checks(dependencies)) })
  })
}
