import type Router from '@koa/router'
import { TicketingError } from '#shared/errors.ts'
import type { Dependencies } from '../dependencies.ts'
import { homePage } from '../home/home-page.ts'
import type { Context, RequestState } from '../middleware/state.ts'
import { openApiDocument } from '../openapi.ts'
import { describeProblems } from '../problems.ts'

/** How long the answers of workers to "who is there?" are waited for, in milliseconds. */
const discoveryMs = 100

/** What operators, probes and readers of the documentation ask for. Not limited, so that watching works in a storm. */
export function registerOperatorRoutes(router: Router<RequestState>, dependencies: Dependencies): void {
  const { bus, instance, metrics } = dependencies
  const openApi = JSON.stringify(openApiDocument())

  const get = (path: string, answer: (ctx: Context) => Promise<void> | void): void => {
    router.get(path, async (ctx) => {
      ctx.state.endpoint = path
      ctx.set('Cache-Control', 'no-store')
      await answer(ctx as Context)
    })
  }

  get('/livez', (ctx) => {
    ctx.body = { status: 'alive' }
  })
  get('/readyz', async (ctx) => {
    const ready = bus.connected && !dependencies.isStopping()
    ctx.status = ready ? 200 : 503
    ctx.body = { status: ready ? 'ready' : 'not ready', ...('verbose' in ctx.query ? await checks(dependencies) : {}) }
  })
  get('/metrics', async (ctx) => {
    ctx.body = await metrics.expose()
    ctx.set('Content-Type', metrics.contentType)
  })
  get('/openapi.json', (ctx) => {
    ctx.type = 'application/json'
    ctx.body = openApi
  })
  get('/problems/:code', (ctx) => {
    const code = (ctx.params as { code: string }).code
    const problem = describeProblems().find((candidate) => candidate.code === code)
    if (problem === undefined) throw new TicketingError('not_found', 'There is no such problem.')
    ctx.body = problem
  })
  get('/', async (ctx) => {
    ctx.type = 'html'
    ctx.body = homePage({ instance, port: ctx.req.socket.localPort ?? 0, ...(await checks(dependencies)) })
  })
}

export interface Checks {
  readonly nats: 'ok' | 'away'
  /** Away costs comfort only: the gateway stays ready. */
  readonly redis: 'ok' | 'away'
  /** Number of running instances by kind of worker. */
  readonly workers: Record<string, number>
}

async function checks({ bus, isRedisReady }: Dependencies): Promise<Checks> {
  const workers: Record<string, number> = { event: 0, booking: 0, purchase: 0 }
  for (const { name } of await bus.discover(discoveryMs)) workers[name] = (workers[name] ?? 0) + 1
  return { nats: bus.connected ? 'ok' : 'away', redis: isRedisReady() ? 'ok' : 'away', workers }
}
