import { randomUUID } from 'node:crypto'
import test from 'ava'
import type { LossReason } from '#shared/contracts/payment-steps.ts'
import { purchaseHold as contract } from '#shared/contracts/purchase.ts'
import type { TicketingError } from '#shared/errors.ts'
import { user } from '#shared/messaging/caller.ts'
import { commandOf } from '../../workers/purchase/answer-once.ts'
import { purchaseHold } from '../../workers/purchase/operations/purchase-hold.ts'
import { forFile } from '../support/for-file.ts'
import { answerOf, contextOf, startSagaBench } from '../support/purchase-saga.ts'
import type { ScriptedHold } from '../support/scripted-booking.ts'

/* What buyers are told who do not get what they paid for, or could not pay. */

const bench = forFile(() => startSagaBench())

/** A purchase of a new hold, to be asked for once or again. */
function newPurchase({ token = 'tok_ok', ...hold }: Partial<ScriptedHold> & { token?: string }) {
  const userId = `user-${randomUUID()}`
  const given = Object.assign(bench.booking.giveHold({ userId }), hold)
  const request = { hold_id: given.id, payment_token: token }
  const asked = { caller: user(userId), key: randomUUID() }
  const refusal = ({ withinMs = 8_000 } = {}): Promise<TicketingError> =>
    answerOf(purchaseHold(bench.saga), request, { ...asked, withinMs }).then(
      () => {
        throw new Error('bought')
      },
      (error: TicketingError) => error,
    )
  return { hold: given, refusal, providerKey: commandOf(contract, request, contextOf(asked)).providerKey }
}

const lost: Record<LossReason | 'unsaid', RegExp> = {
  seats_taken: /went to others/,
  event_cancelled: /event is cancelled/,
  ticket_limit: /more tickets of this event than one person may/,
  hold_changed: /hold ended/,
  unsaid: /hold ended/,
}

for (const [reason, words] of Object.entries(lost)) {
  test(`seats that are lost are not paid for, and the buyer is told why: ${reason}`, async (t) => {
    const said = reason === 'unsaid' ? {} : { reason }
    const lossReason = reason === 'unsaid' ? {} : { lossReason: reason as LossReason }
    const { refusal } = newPurchase({ confirm: 'LOST', ...lossReason })
    const { code, message, extra } = await refusal()
    t.is(code, 'hold_expired')
    t.regex(message, words)
    t.regex(message, /no money was taken/)
    t.is(/went to others/.test(message), reason === 'seats_taken')
    t.deepEqual(extra, { ...said })
  })
}

test('why seats were lost is still known when somebody else ended the payment', async (t) => {
  const { refusal, providerKey } = newPurchase({ confirm: 'LOST', lossReason: 'event_cancelled' })
  const voiding = bench.provider.holdBack('void', providerKey)
  const first = refusal()
  await voiding.reached
  const [told = ''] = bench.provider.webhooks(providerKey).slice(-1)
  await bench.deliver(told)
  voiding.lose()
  t.regex((await first).message, /event is cancelled/)
  const [payment] = await bench.db.query('SELECT status, loss_reason FROM purchase.payments WHERE provider_key = $1', [
    providerKey,
  ])
  t.deepEqual(payment, { status: 'voided', loss_reason: 'event_cancelled' })
})

const payAgain = 'send this hold_id (or the same places once more) with another payment_token and a new Idempotency-Key'

test('a card that is declined with the code of a refused capture is declined: the seats stay held', async (t) => {
  const userId = `user-${randomUUID()}`
  const hold = bench.booking.giveHold({ userId })
  const provider = {
    ...bench.provider.provider,
    authorise: async () => ({ state: 'declined', declineCode: 'capture_refused' }) as const,
  }
  const declining = { ...bench.saga, providerFor: () => provider }
  const request = { hold_id: hold.id, payment_token: 'tok_ok' }
  const asked = answerOf(purchaseHold(declining), request, { caller: user(userId) })
  const refusal = await t.throwsAsync<TicketingError>(asked)
  t.like(refusal, { code: 'payment_declined', extra: { failure: 'declined', decline_code: 'capture_refused' } })
  t.regex(refusal?.message ?? '', /your seats are still held/)
  t.like(hold, { status: 'active', bookingStatus: 'pending', payment: { status: 'failed' } })
})

// Serial: the one booking worker answers these as scripted.

test.serial('after a declined payment seats are said to be held only where they are', async (t) => {
  const messageWhen = async (status: ScriptedHold['status']): Promise<string> => {
    const { hold, refusal } = newPurchase({ token: 'tok_declined' })
    bench.booking.script.beforeAnswer = (name) => {
      if (name === 'return-hold') hold.status = status
    }
    const { code, message, extra } = await refusal()
    delete bench.booking.script.beforeAnswer
    t.is(code, 'payment_declined')
    t.deepEqual(extra, { failure: 'declined', decline_code: 'card_declined', hold_id: hold.id })
    return message
  }
  t.is(
    await messageWhen('active'),
    `The payment was declined. Nothing was charged and your seats are still held. To pay for them, ${payAgain}.`,
  )
  for (const status of ['expired', 'released'] as const) {
    t.is(
      await messageWhen(status),
      'The payment was declined. Nothing was charged, but your hold has ended meanwhile: choose seats again.',
    )
  }
})

test.serial('after a declined payment nothing is said of seats while nobody knows', async (t) => {
  for (const silent of ['return-hold', 'view-hold']) {
    const { refusal, hold } = newPurchase({ token: 'tok_declined' })
    bench.booking.script.beforeAnswer = (name) => {
      if (name !== silent) return undefined
      hold.status = 'paying'
      return new Promise(() => undefined)
    }
    const { code, message } = await refusal({ withinMs: 4_000 })
    delete bench.booking.script.beforeAnswer
    t.is(code, 'payment_declined')
    t.is(
      message,
      `The payment was declined. Nothing was charged. Your hold shows whether its seats can still be paid for; if so, ${payAgain}.`,
    )
  }
})
