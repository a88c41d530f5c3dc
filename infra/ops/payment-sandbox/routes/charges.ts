import { setTimeout as pause } from 'node:timers/promises'
import Router from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import type { Database } from '#shared/database/postgres.ts'
import { amountMinor, answer, answerCharge, checked, headerKeyOf, keyOf, neverAnswer } from '../answers.ts'
import type { Sandbox } from '../app.ts'
import { wasAnswered } from '../store/callbacks.ts'
import { captureCharge, createCharge, findCharge, voidCharge } from '../store/charges.ts'
import { behaviourOf } from '../tokens.ts'

const chargeBody = z.strictObject({
  amount_minor: amountMinor,
  currency: z.string().regex(/^[A-Z]{3}$/),
  token: z.string().regex(/^[\x21-\x7e]{1,200}$/),
})

/** What a request to authorise is answered with, by the charge's state. */
const statuses = { declined: 402, voided: 409, authorised: 201, captured: 201, refunded: 201 }

const longestHoldOfReplyMs = 2_000
const askForCallbackEveryMs = 20

export function chargeRoutes({ db, log, describe, wakeSender }: Sandbox): Router {
  const router = new Router({ prefix: '/charges' })

  router.post('/', async (ctx) => {
    const key = headerKeyOf(ctx)
    const request = checked(chargeBody, ctx.request.body, 'body')
    const { answerAfterMs, loses, callbacks } = behaviourOf(request.token)
    if (loses === 'request') return neverAnswer(ctx)
    const { charge, created, reused, eventId } = await createCharge(db, describe, { key, ...request })
    if (reused) return answer(ctx, 409, { code: 'idempotency_key_reused' })
    if (created) {
      wakeSender()
      log.info({ charge_id: charge.id, state: charge.state }, 'charge made')
    }
    if (created && loses === 'first answer') return neverAnswer(ctx)
    if (answerAfterMs !== undefined) await pause(answerAfterMs)
    if (callbacks === 'before reply' && eventId !== null) await untilCallbackIsAnswered(ctx, db, eventId)
    answer(ctx, statuses[charge.state], charge)
  })

  router.post('/:key/capture', async (ctx) => {
    const charge = await captureCharge(db, describe, keyOf(ctx))
    wakeSender()
    answerCharge(ctx, charge, ['captured', 'refunded'])
  })

  router.post('/:key/void', async (ctx) => {
    const charge = await voidCharge(db, describe, keyOf(ctx))
    wakeSender()
    answerCharge(ctx, charge, ['voided'])
  })

  router.get('/:key', async (ctx) => {
    answerCharge(ctx, (await findCharge(db, keyOf(ctx)))?.charge)
  })

  return router
}

async function untilCallbackIsAnswered(ctx: Context, db: Database, eventId: string): Promise<void> {
  const giveUpAt = performance.now() + longestHoldOfReplyMs
  while (performance.now() < giveUpAt && !ctx.socket.destroyed && !(await wasAnswered(db, eventId))) {
    await pause(askForCallbackEveryMs)
  }
}
