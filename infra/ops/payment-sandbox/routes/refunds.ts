import Router from '@koa/router'
import { z } from 'zod'
import { amountMinor, answer, checked, headerKeyOf, keyOf } from '../answers.ts'
import type { Sandbox } from '../app.ts'
import { findRefund, refundCharge } from '../store/refunds.ts'

const refundBody = z.strictObject({ amount_minor: amountMinor })

export function refundRoutes({ db, log, describe, wakeSender }: Sandbox): Router {
  const router = new Router({ prefix: '/charges/:key/refunds' })

  router.post('/', async (ctx) => {
    const chargeKey = keyOf(ctx)
    const refundKey = headerKeyOf(ctx)
    const { amount_minor } = checked(refundBody, ctx.request.body, 'body')
    const { charge, refund, isNew } = await refundCharge(db, describe, {
      chargeKey,
      refundKey,
      amountMinor: amount_minor,
    })
    if (isNew) {
      wakeSender()
      log.info({ charge_id: charge.id, refund_id: refund.id }, 'refund made')
    }
    answer(ctx, isNew ? 201 : 200, { ...charge, refund })
  })

  router.get('/:refund_key', async (ctx) => {
    const found = await findRefund(db, { chargeKey: keyOf(ctx), refundKey: keyOf(ctx, 'refund_key') })
    if (found === undefined) answer(ctx, 404, { code: 'refund_not_found' })
    else answer(ctx, 200, { ...found.charge, refund: found.refund })
  })

  return router
}
