import { setTimeout as pause } from 'node:timers/promises'
import { bodyParser } from '@koa/bodyparser'
import Router from '@koa/router'
import { SpanKind } from '@opentelemetry/api'
import type Logger from 'bunyan'
import Koa, { type Context, type Middleware } from 'koa'
import { z } from 'zod'
import { withRemoteSpan } from '#shared/observability/tracing.ts'
import type { Database } from '#shared/postgres.ts'
import { type Charge, captureCharge, createCharge, findCharge, listCharges, voidCharge } from './store.ts'
import { behaviourOf } from './tokens.ts'

const maxBodyBytes = 4_096

const chargeKey = z.string().regex(/^[\x21-\x7e]{1,200}$/)
const chargeBody = z.strictObject({
  amount_minor: z.int().min(1).max(1_000_000_000_000),
  currency: z.string().regex(/^[A-Z]{3}$/),
  token: z.string().regex(/^[\x21-\x7e]{1,200}$/),
})
const ledgerPage = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  cursor: z.uuid().optional(),
})

class BadInput extends Error {}

/** A payment provider for trials and tests, over HTTP. Every answer about a charge carries the charge. */
export function createApp({ db, log }: { db: Database; log: Logger }): Koa {
  const router = new Router()

  router.post('/charges', async (ctx) => {
    const key = checked(chargeKey, ctx.get('idempotency-key'), 'Idempotency-Key')
    const request = checked(chargeBody, ctx.request.body, 'body')
    const { declineCode, answerAfterMs, loses } = behaviourOf(request.token)
    if (loses === 'request') return neverAnswer(ctx)
    const { charge, created, reused } = await createCharge(db, { key, ...request }, declineCode ?? null)
    if (reused) return answer(ctx, 409, { code: 'idempotency_key_reused' })
    if (created) log.info({ charge_id: charge.id, state: charge.state }, 'charge made')
    if (created && loses === 'first answer') return neverAnswer(ctx)
    if (answerAfterMs !== undefined) await pause(answerAfterMs)
    answer(ctx, { declined: 402, voided: 409, authorised: 201, captured: 201 }[charge.state], charge)
  })

  router.post('/charges/:key/capture', async (ctx) => {
    answerCharge(ctx, await captureCharge(db, keyOf(ctx)), 'captured')
  })

  router.post('/charges/:key/void', async (ctx) => {
    answerCharge(ctx, await voidCharge(db, keyOf(ctx)), 'voided')
  })

  router.get('/charges/:key', async (ctx) => {
    answerCharge(ctx, await findCharge(db, keyOf(ctx)))
  })

  router.get('/ledger', async (ctx) => {
    const { limit, cursor } = checked(ledgerPage, { ...ctx.query }, 'query')
    const items = await listCharges(db, { after: cursor ?? null, limit })
    answer(ctx, 200, { items, next_cursor: items.length === limit ? items.at(-1)?.id : null })
  })

  const app = new Koa()
  app.use(traced)
  app.use(answerErrors(log))
  app.use(bodyParser({ enableTypes: ['json'], jsonLimit: maxBodyBytes }))
  app.use(router.routes())
  app.use((ctx) => answer(ctx, 404, { code: 'not_found' }))
  return app
}

function checked<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.output<Schema> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new BadInput(`${what} is not valid`)
}

function keyOf(ctx: { params: Record<string, string | undefined> }): string {
  return checked(chargeKey, ctx.params.key, 'key')
}

function answer(ctx: Context, status: number, body: object): void {
  ctx.status = status
  ctx.body = body
}

/** 409 when the charge could not be brought to the wanted state. */
function answerCharge(ctx: Context, charge: Charge | undefined, wanted?: Charge['state']): void {
  if (charge === undefined) answer(ctx, 404, { code: 'charge_not_found' })
  else answer(ctx, wanted === undefined || charge.state === wanted ? 200 : 409, charge)
}

/** Leaves the request open: the caller's time-out ends it, or the server's for idle sockets. */
function neverAnswer(ctx: Context): void {
  ctx.respond = false
}

const traced: Middleware = (ctx, next) => {
  const headers = { traceparent: ctx.get('traceparent'), tracestate: ctx.get('tracestate') }
  const attributes = { 'http.request.method': ctx.method, 'url.path': ctx.path }
  return withRemoteSpan(headers, `${ctx.method} sandbox`, { kind: SpanKind.SERVER, attributes }, async (span) => {
    await next()
    span.setAttribute('http.response.status_code', ctx.status)
  })
}

/** Refusals as `{code}`; what the library says of a bad body is left out, because it quotes the body. */
function answerErrors(log: Logger): Middleware {
  return async (ctx, next) => {
    try {
      await next()
    } catch (error) {
      const { status = 500 } = error as { status?: number }
      if (error instanceof BadInput) answer(ctx, 400, { code: 'bad_request', detail: error.message })
      else if (status === 413) answer(ctx, 413, { code: 'body_too_large' })
      else if (status >= 400 && status < 500) answer(ctx, 400, { code: 'bad_request', detail: 'body is not valid' })
      else {
        log.error({ err: error }, 'request failed')
        answer(ctx, 500, { code: 'internal' })
      }
    }
  }
}
