import test from 'ava'
import type { Outcome } from '#shared/contracts/purchase.ts'
import {
  type Failure,
  type Move,
  mayMove,
  moveAfterAsking,
  moveAfterCapture,
  moveAfterConfirm,
  moveAfterError,
  moveAfterWebhook,
  outcomeOf,
  type Payment,
  type PaymentStatus,
  paymentStatuses,
} from '../../workers/purchase/payment.ts'
import { type Charge, ProviderError } from '../../workers/purchase/providers/payment-provider.ts'

const allowed: readonly `${PaymentStatus} → ${PaymentStatus}`[] = [
  'created → authorising',
  'created → failed',
  'authorising → authorised',
  'authorising → unknown',
  'authorising → failed',
  'unknown → authorised',
  'unknown → failed',
  'authorised → capturing',
  'authorised → voiding',
  'capturing → captured',
  'capturing → failed',
  'captured → refunded',
  'voiding → voided',
]

test('a payment makes these moves and no others', (t) => {
  const found = paymentStatuses.flatMap((from) =>
    paymentStatuses.filter((to) => mayMove(from, to)).map((to) => `${from} → ${to}`),
  )
  t.deepEqual(found.toSorted(), allowed.toSorted())
})

test('every payment comes to an end: captured money is kept or refunded, never lost', (t) => {
  const endsOf = (status: PaymentStatus): PaymentStatus[] => {
    const next = paymentStatuses.filter((to) => mayMove(status, to))
    return next.length === 0 ? [status] : [...new Set(next.flatMap(endsOf))]
  }
  t.deepEqual(endsOf('created').toSorted(), ['failed', 'refunded', 'voided'])
  t.deepEqual(endsOf('authorised').toSorted(), ['failed', 'refunded', 'voided'])
  t.deepEqual(endsOf('capturing').toSorted(), ['failed', 'refunded'])
  t.deepEqual(endsOf('voiding'), ['voided'])
})

test('what the provider says decides between going on and failing, with a reason', (t) => {
  const answers: [Charge | null, ReturnType<typeof moveAfterAsking>][] = [
    [{ state: 'authorised' }, { to: 'authorised' }],
    [{ state: 'captured' }, { to: 'authorised' }],
    [null, { to: 'failed', failure: 'not_authorised' }],
    [{ state: 'voided' }, { to: 'failed', failure: 'not_authorised' }],
    [
      { state: 'declined', declineCode: 'card_declined' },
      { to: 'failed', failure: 'declined', declineCode: 'card_declined' },
    ],
  ]
  for (const [charge, expected] of answers) {
    const move = moveAfterAsking(charge)
    t.deepEqual(move, expected)
    t.true(mayMove('authorising', move.to) && mayMove('unknown', move.to))
  }
})

test('seats decide between taking the money and freeing it, which is done for a reason if there is one', (t) => {
  t.deepEqual(moveAfterConfirm({ outcome: 'CONFIRMED' }), { to: 'capturing' })
  t.deepEqual(moveAfterConfirm({ outcome: 'LOST' }), { to: 'voiding' })
  const move = moveAfterConfirm({ outcome: 'LOST', reason: 'ticket_limit' })
  t.deepEqual(move, { to: 'voiding', lossReason: 'ticket_limit' })
})

test('the buyer is told an outcome only when it cannot change any more', (t) => {
  const told = Object.fromEntries(paymentStatuses.map((status) => [status, outcomeOf({ status, failure: null })]))
  t.deepEqual(told, {
    created: 'processing',
    authorising: 'processing',
    unknown: 'processing',
    authorised: 'processing',
    capturing: 'processing',
    captured: 'bought',
    refunded: 'bought',
    voiding: 'lost',
    voided: 'lost',
    failed: 'not_started',
  })
  const toldOf = (failure: Failure): Outcome => outcomeOf({ status: 'failed', failure })
  t.is(toldOf('declined'), 'declined')
  t.is(toldOf('not_authorised'), 'declined')
  t.is(toldOf('capture_refused'), 'revoked')
  t.is(toldOf('not_asked'), 'not_started')
  t.is(toldOf('refused'), 'not_started')
})

const charges: readonly Charge[] = [
  { state: 'authorised' },
  { state: 'captured' },
  { state: 'refunded' },
  { state: 'voided' },
  { state: 'declined', declineCode: 'card_declined' },
]

test('money that cannot be taken fails a payment for good; one that is still reserved is to be asked for again', (t) => {
  t.deepEqual(
    charges.map((charge) => moveAfterCapture(charge)),
    [
      null,
      { to: 'captured' },
      { to: 'captured' },
      { to: 'failed', failure: 'capture_refused' },
      { to: 'failed', failure: 'capture_refused', declineCode: 'card_declined' },
    ],
  )
})

test('what is heard unasked moves a payment only where it waits for just that, and never against the rules', (t) => {
  const heard = (status: PaymentStatus): (Move['to'] | null)[] =>
    charges.map((charge) => moveAfterWebhook(status, charge)?.to ?? null)
  const nothingNew = [null, null, null, null, null]
  const expected: Record<PaymentStatus, (Move['to'] | null)[]> = {
    created: nothingNew,
    authorising: ['authorised', 'authorised', 'authorised', 'failed', 'failed'],
    unknown: ['authorised', 'authorised', 'authorised', 'failed', 'failed'],
    authorised: nothingNew,
    capturing: [null, 'captured', 'captured', 'failed', 'failed'],
    captured: nothingNew,
    refunded: nothingNew,
    voiding: [null, null, null, 'voided', null],
    voided: nothingNew,
    failed: nothingNew,
  }
  for (const status of paymentStatuses) {
    t.deepEqual(heard(status), expected[status], status)
    for (const to of heard(status)) t.true(to === null || mayMove(status, to))
  }
})

test('hearing the same twice, or something older afterwards, changes nothing more', (t) => {
  for (const status of paymentStatuses) {
    for (const charge of charges) {
      const moved = moveAfterWebhook(status, charge)?.to ?? status
      if (moved === status || moved === 'authorised') continue
      for (const older of charges)
        t.is(moveAfterWebhook(moved, older), null, `${status} → ${moved}, then ${older.state}`)
    }
  }
})

test('that nobody was asked for money is known only of the very request for it, not of a look-up that was not sent', (t) => {
  const authorising = { status: 'authorising' } as Payment
  const notSent = new ProviderError('no connection', { requestSent: false })
  const unanswered = new ProviderError('no answer', { requestSent: true })
  t.deepEqual(moveAfterError(authorising, notSent, { asksForMoney: true }), { to: 'failed', failure: 'not_asked' })
  t.deepEqual(moveAfterError(authorising, unanswered, { asksForMoney: true }), { to: 'unknown' })
  for (const error of [notSent, unanswered]) t.is(moveAfterError(authorising, error, { asksForMoney: false }), null)
})
