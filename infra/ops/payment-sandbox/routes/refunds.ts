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
    const outcome = await refundCharge(db, describe, { chargeKey, refundKey, amountMinor: amount_minor })
    switch (outcome.result) {
      case 'refunded':
        wakeSender()
        log.info({ charge_id: outcome.charge.id, refund_id: outcome.refund.id }, 'refund made')
        return answer(ctx, 201, { ...outcome.charge, refund: outcome.refund })
      case 'repeated':
        return answer(ctx, 200, { ...outcome.charge, refund: outcome.refund })
      case 'exceeds':
        return answer(ctx, 409, { code: 'refund_exceeds_charge', ...outcome.charge })
      case 'unknown charge':
        return answer(ctx, 404, { code: 'charge_not_found' })
      case 'key reused':
        return answer(ctx, 409, { code: 'idempotency_key_reused' })
      case 'not captured':
        return answer(ctx, 409, { code: 'not_captured' })
    }
  })

  router.get('/:refund_key', async (ctx) => {
    const found = await findRefund(db, { chargeKey: keyOf(ctx), refundKey: keyOf(ctx, 'refund_key') })
    if (found === undefined) answer(ctx, 404, { code: 'refund_not_found' })
    else answer(ctx, 200, { ...found.charge, refund: found.refund })
  })

  return router
}
