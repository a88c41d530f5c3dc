import { audit } from '../../../../infra/audit/audit.ts'
import { until } from '../../../support/until.ts'
import { askOnce, askUntilFinal, describe, requestToBuy } from '../../crash-points/client.ts'
import { differences, readEnding } from '../../crash-points/ending.ts'
import { holdSeat } from '../../crash-points/scenarios/buying.ts'
import { holdRunOutSeat, latePayment } from '../../crash-points/scenarios/late-payment.ts'
import { auditSettled, violationsOf, waitUntilSettled } from '../../crash-points/settle.ts'
import type { Trial } from './trial.ts'

const decidedWithinMs = 15_000

/** A payment comes so late that its seat is sold to another buyer: one of them has it. */
export const latePaymentSeatSold: Trial = async (system) => {
  const stand = await system.stand('short')
  const event = await stand.openEvent()
  const story = await latePayment(stand, event)
  const [answer] = await Promise.all([askUntilFinal(stand, story.request), story.meanwhile?.()])
  await waitUntilSettled(stand.db)
  return [
    ...violationsOf(await auditSettled(stand)),
    ...(describe(answer) === story.answer ? [] : [`the late buyer was answered ${describe(answer)}`]),
    ...differences(await readEnding(stand, event), story.ending),
  ]
}

/** A payment comes so late that another buyer holds the seat, who has not paid: it is kept for them. */
export const latePaymentSeatHeld: Trial = async (system) => {
  const stand = await system.stand('short')
  const event = await stand.openEvent()
  const { userId, holdId } = await holdSeat(stand, event)
  const letProviderAnswer = stand.provider.keepBackNextCharge()
  const late = askOnce(stand, requestToBuy(userId, holdId)).catch((error: Error) => error)
  const other = await holdRunOutSeat(stand, event).finally(letProviderAnswer)
  await until(
    'the late payment is decided',
    async () => {
      const open = await stand.db.query(
        `SELECT FROM purchase.payments WHERE event_id = $1 AND status IN ('authorising', 'unknown', 'authorised')`,
        [event.eventId],
      )
      return open.length === 0
    },
    { timeoutMs: decidedWithinMs },
  )
  // At once, while the other one's hold lasts.
  const violations = violationsOf(await audit({ databaseUrl: stand.databaseUrl, paymentUrl: null }))
  const bought = await askUntilFinal(stand, requestToBuy(other.userId, other.holdId))
  await late
  await waitUntilSettled(stand.db)
  return [...violations, ...(bought.status === 201 ? [] : [`whoever held the seat was refused: ${describe(bought)}`])]
}
