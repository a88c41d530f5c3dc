import { bodyParser } from '@koa/bodyparser'
import Router from '@koa/router'
import { SpanKind } from '@opentelemetry/api'
import type Logger from 'bunyan'
import Koa, { type Middleware } from 'koa'
import { z } from 'zod'
import type { Postgres } from '#shared/database/postgres.ts'
import { withRemoteSpan } from '#shared/observability/tracing.ts'
import { answer, answerErrors, checked } from './answers.ts'
import { webhookUrl } from './config.ts'
import { chargeRoutes } from './routes/charges.ts'
import { refundRoutes } from './routes/refunds.ts'
import { type DescribeChange, setEndpoint } from './store/callbacks.ts'
import { listCharges } from './store/charges.ts'

const maxBodyBytes = 4_096

const ledgerPage = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  cursor: z.uuid().optional(),
  changed_since: z.iso.datetime().optional(),
})
const endpointBody = z.strictObject({ url: webhookUrl })

export interface Sandbox {
  readonly db: Postgres
  readonly log: Logger
  readonly describe: DescribeChange
  /** To be called after a change was committed, so that its callbacks need not wait to be noticed. */
  wakeSender(): void
}

/** A payment provider for trials and tests, over HTTP. Every answer about a charge carries the charge. */
export function createApp(sandbox: Sandbox): Koa {
  const { db, log, wakeSender } = sandbox
  const router = new Router()

  router.get('/ledger', async (ctx) => {
    const { limit, cursor, changed_since } = checked(ledgerPage, { ...ctx.query }, 'query')
    const items = await listCharges(db, { after: cursor ?? null, changedSince: changed_since ?? null, limit })
    answer(ctx, 200, { items, next_cursor: items.length === limit ? items.at(-1)?.id : null })
  })

  router.put('/webhook-endpoint', async (ctx) => {
    const { url } = checked(endpointBody, ctx.request.body, 'body')
    await setEndpoint(db, url)
    wakeSender()
    answer(ctx, 200, { url })
  })

  const app = new Koa()
  app.use(traced)
  app.use(answerErrors(log))
  app.use(bodyParser({ enableTypes: ['json'], jsonLimit: maxBodyBytes }))
  app.use(chargeRoutes(sandbox).routes())
  app.use(refundRoutes(sandbox).routes())
  app.use(router.routes())
  app.use((ctx) => answer(ctx, 404, { code: 'not_found' }))
  return app
}

const traced: Middleware = (ctx, next) => {
  const headers = { traceparent: ctx.get('traceparent'), tracestate: ctx.get('tracestate') }
  const attributes = { 'http.request.method': ctx.method, 'url.path': ctx.path }
  return withRemoteSpan(headers, `${ctx.method} sandbox`, { kind: SpanKind.SERVER, attributes }, async (span) => {
    await next()
    span.setAttribute('http.response.status_code', ctx.status)
  })
}
