import { randomUUID } from 'node:crypto'
import test from 'ava'
import type { LossReason } from '#shared/contracts/payment-steps.ts'
import { purchaseHold as contract } from '#shared/contracts/purchase.ts'
import type { TicketingError } from '#shared/errors.ts'
import { newId } from '#shared/ids.ts'
import { user } from '#shared/messaging/caller.ts'
import { commandOf } from '../../workers/purchase/answer-once.ts'
import { purchaseHold } from '../../workers/purchase/operations/purchase-hold.ts'
import type { SagaParts } from '../../workers/purchase/saga.ts'
import { crashingSaga } from '../support/crashing-saga.ts'
import { forFile } from '../support/for-file.ts'
import { answerOf, contextOf, startSagaBench } from '../support/purchase-saga.ts'
import { refusalOf } from '../support/refusals.ts'
import type { ScriptedHold } from '../support/scripted-booking.ts'

/* Answers to buyers who could not pay, or do not get the seats they paid for. */

const bench = forFile(() => startSagaBench())

/** A purchase of a new hold, to be asked for once or again. */
function newPurchase({ token = 'tok_ok', ...hold }: Partial<ScriptedHold> & { token?: string }) {
  const userId = `user-${randomUUID()}`
  const given = Object.assign(bench.booking.giveHold({ userId }), hold)
  const request = { hold_id: given.id, payment_token: token }
  const asked = { caller: user(userId), key: randomUUID() }
  const refusal = ({ withinMs = 8_000 } = {}): Promise<TicketingError> =>
    refusalOf(answerOf(purchaseHold(bench.saga), request, { ...asked, withinMs }))
  return { hold: given, refusal, providerKey: commandOf(contract, request, contextOf(asked)).providerKey }
}

const lost: Record<LossReason | 'unsaid', RegExp> = {
  seats_taken: /went to others/,
  event_cancelled: /event is cancelled/,
  ticket_limit: /exceed the ticket limit for this event/,
  hold_changed: /hold ended/,
  unsaid: /hold ended/,
}

for (const [reason, words] of Object.entries(lost)) {
  test(`lost seats are not paid for, and the answer says why: ${reason}`, async (t) => {
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
  const refusal = await refusalOf(answerOf(purchaseHold(declining), request, { caller: user(userId) }))
  t.like(refusal, { code: 'payment_declined', extra: { failure: 'declined', decline_code: 'capture_refused' } })
  t.regex(refusal.message, /your seats are still held/)
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
      'The payment was declined. Nothing was charged, but your hold has ended: choose seats again.',
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

/* What becomes of a hold that a purchase made for itself, when the worker dies or nobody answers. */

const wrongPrice = 1

/** One request of one buyer, with one key, and the buyer's holds. */
function newRequest() {
  const caller = user(`user-${randomUUID()}`)
  const key = randomUUID()
  const request = { event_id: newId(), seat_nos: [1], payment_token: 'tok_ok', expected_total_minor: wrongPrice }
  const refusal = (by: SagaParts = bench.saga, withinMs = 8_000): Promise<TicketingError> =>
    refusalOf(answerOf(purchaseHold(by), request, { caller, key, withinMs }))
  const holds = () => bench.booking.holdsOf(caller.id).map(({ status }) => status)
  return { refusal, holds, caller, key }
}

test.serial('a worker that dies right after holding leaves an ordinary hold, which its buyer learns of', async (t) => {
  const { refusal, holds, caller, key } = newRequest()
  const whole = crashingSaga(bench.saga)
  await newRequest().refusal(whole.saga)
  const held = whole.steps.indexOf('ask ticketing.v1.booking.hold-seats')
  t.true(held > 0)
  const { saga, crashed } = crashingSaga(bench.saga, { step: held, when: 'after' })
  await Promise.race([refusal(saga), crashed])
  t.deepEqual(holds(), ['active'])

  await bench.db.query('UPDATE purchase.commands SET running_until = now() WHERE key = $1', [key])
  const later = await refusal()
  t.is(later.code, 'price_changed')
  t.deepEqual(holds(), ['active'])
  t.is(later.extra.hold_id, bench.booking.holdsOf(caller.id)[0]?.id)
})

test.serial('a hold whose release is not answered is named in the refusal, and may be released again', async (t) => {
  const { refusal, holds } = newRequest()
  bench.booking.script.beforeAnswer = (name) => (name === 'release-hold' ? new Promise(() => undefined) : undefined)
  const unsure = await refusal(bench.saga, 3_000)
  delete bench.booking.script.beforeAnswer
  t.is(unsure.code, 'price_changed')
  t.is(typeof unsure.extra.hold_id, 'string')

  t.is((await refusal()).extra.hold_id, undefined)
  t.deepEqual(holds(), ['released', 'released'])
})

test.serial('wherever a worker dies refusing a price, the repetition is refused too, nothing charged', async (t) => {
  const charges = bench.provider.charges.size
  const whole = crashingSaga(bench.saga)
  await newRequest().refusal(whole.saga)
  for (let step = 0; step < whole.steps.length; step += 1) {
    for (const when of ['before', 'after'] as const) {
      const { refusal, holds, key } = newRequest()
      const { saga, crashed, steps } = crashingSaga(bench.saga, { step, when })
      await Promise.race([refusal(saga), crashed])
      await bench.reconcile()
      await bench.db.query('UPDATE purchase.commands SET running_until = now() WHERE key = $1', [key])
      const { code } = await refusal()
      t.is(code, 'price_changed', `${when} ${steps.at(-1)}`)
      t.true(holds().every((status) => status === 'active' || status === 'released'))
    }
  }
  t.is(bench.provider.charges.size, charges)
})
