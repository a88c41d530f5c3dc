import { setTimeout as pause } from 'node:timers/promises'
import { bodyParser } from '@koa/bodyparser'
import Router from '@koa/router'
import { SpanKind } from '@opentelemetry/api'
import type Logger from 'bunyan'
import Koa, { type Context, type Middleware } from 'koa'
import { z } from 'zod'
import type { Database, Postgres } from '#shared/database/postgres.ts'
import { withRemoteSpan } from '#shared/observability/tracing.ts'
import { answer, answerCharge, answerErrors, checked, headerKeyOf, keyOf, neverAnswer, Refusal } from './answers.ts'
import { webhookUrl } from './config.ts'
import { type Books, setEndpoint, wasAnswered } from './store/callbacks.ts'
import { captureCharge, createCharge, findCharge, listCharges, voidCharge } from './store/charges.ts'
import { findRefund, refundCharge } from './store/refunds.ts'
import { behaviourOf } from './tokens.ts'

const maxBodyBytes = 4_096

const amountMinor = z.int().min(1)
const chargeBody = z.strictObject({
  amount_minor: amountMinor,
  currency: z.string().regex(/^[A-Z]{3}$/),
  token: z.string().regex(/^[\x21-\x7e]{1,200}$/),
})
const refundBody = z.strictObject({ amount_minor: amountMinor })
const ledgerPage = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  cursor: z.uuid().optional(),
  changed_since: z.iso.datetime().optional(),
})
const endpointBody = z.strictObject({ url: webhookUrl })

/** The status of an answer to a request to authorise, by the charge's state. */
const authorisedStatuses = { declined: 402, voided: 409, authorised: 201, captured: 201, refunded: 201 }

const longestHoldOfReplyMs = 2_000
const askForCallbackEveryMs = 20

export interface Sandbox extends Books {
  readonly db: Postgres
  readonly log: Logger
  /** To be called after a change was committed, so that its callbacks need not wait to be noticed. */
  wakeSender(): void
}

/** A payment provider for trials and tests, over HTTP. Every answer about a charge carries the charge. */
export function createApp(sandbox: Sandbox): Koa {
  const { db, log, wakeSender } = sandbox
  const router = new Router()

  router.post('/charges', async (ctx) => {
    const key = headerKeyOf(ctx)
    const request = checked(chargeBody, ctx.request.body, 'body')
    const { answerAfterMs, loses, callbacks } = behaviourOf(request.token)
    if (loses === 'request') return neverAnswer(ctx)
    const { charge, eventId } = await createCharge(sandbox, { key, ...request })
    if (eventId !== null) {
      wakeSender()
      log.info({ charge_id: charge.id, state: charge.state }, 'charge made')
      if (loses === 'first answer') return neverAnswer(ctx)
    }
    if (answerAfterMs !== undefined) await pause(answerAfterMs)
    if (callbacks === 'before reply' && eventId !== null) await untilCallbackIsAnswered(ctx, db, eventId)
    answer(ctx, authorisedStatuses[charge.state], charge)
  })

  router.get('/charges/:key', async (ctx) => {
    answerCharge(ctx, (await findCharge(db, keyOf(ctx)))?.charge)
  })

  router.post('/charges/:key/capture', async (ctx) => {
    const charge = await captureCharge(sandbox, keyOf(ctx))
    wakeSender()
    answerCharge(ctx, charge, ['captured', 'refunded'])
  })

  router.post('/charges/:key/void', async (ctx) => {
    const charge = await voidCharge(sandbox, keyOf(ctx))
    wakeSender()
    answerCharge(ctx, charge, ['voided'])
  })

  router.post('/charges/:key/refunds', async (ctx) => {
    const keys = { chargeKey: keyOf(ctx), refundKey: headerKeyOf(ctx) }
    const { amount_minor } = checked(refundBody, ctx.request.body, 'body')
    const { charge, refund, isNew } = await refundCharge(sandbox, { ...keys, amountMinor: amount_minor })
    if (isNew) {
      wakeSender()
      log.info({ charge_id: charge.id, refund_id: refund.id }, 'refund made')
    }
    answer(ctx, isNew ? 201 : 200, { ...charge, refund })
  })

  router.get('/charges/:key/refunds/:refund_key', async (ctx) => {
    const found = await findRefund(db, { chargeKey: keyOf(ctx), refundKey: keyOf(ctx, 'refund_key') })
    if (found === undefined) throw new Refusal(404, { code: 'refund_not_found' })
    answer(ctx, 200, { ...found.charge, refund: found.refund })
  })

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
  app.use(router.routes())
  app.use((ctx) => answer(ctx, 404, { code: 'not_found' }))
  return app
}

async function untilCallbackIsAnswered(ctx: Context, db: Database, eventId: string): Promise<void> {
  const giveUpAt = performance.now() + longestHoldOfReplyMs
  while (performance.now() < giveUpAt && !ctx.socket.destroyed && !(await wasAnswered(db, eventId))) {
    await pause(askForCallbackEveryMs)
  }
}

const traced: Middleware = (ctx, next) => {
  const headers = { traceparent: ctx.get('traceparent'), tracestate: ctx.get('tracestate') }
  const attributes = { 'http.request.method': ctx.method, 'url.path': ctx.path }
  return withRemoteSpan(headers, `${ctx.method} sandbox`, { kind: SpanKind.SERVER, attributes }, async (span) => {
    await next()
    span.setAttribute('http.response.status_code', ctx.status)
  })
}
