import test from 'ava'
import {
  type Charge,
  mayMove,
  moveAfterAsking,
  moveAfterConfirm,
  notAuthorised,
  outcomeOf,
  type PaymentStatus,
  paymentStatuses,
} from '../../workers/purchase/payment.ts'

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
  'voiding → voided',
]

test('a payment makes these moves and no others', (t) => {
  const found = paymentStatuses.flatMap((from) =>
    paymentStatuses.filter((to) => mayMove(from, to)).map((to) => `${from} → ${to}`),
  )
  t.deepEqual(found.toSorted(), allowed.toSorted())
})

test('every payment comes to an end, and money that was reserved ends captured or voided', (t) => {
  const endsOf = (status: PaymentStatus): PaymentStatus[] => {
    const next = paymentStatuses.filter((to) => mayMove(status, to))
    return next.length === 0 ? [status] : [...new Set(next.flatMap(endsOf))]
  }
  t.deepEqual(endsOf('created').toSorted(), ['captured', 'failed', 'voided'])
  t.deepEqual(endsOf('authorised').toSorted(), ['captured', 'voided'])
  t.deepEqual(endsOf('capturing'), ['captured'])
  t.deepEqual(endsOf('voiding'), ['voided'])
})

test('what the provider says decides between going on and failing, with a reason', (t) => {
  const answers: [Charge | null, ReturnType<typeof moveAfterAsking>][] = [
    [{ state: 'authorised' }, { to: 'authorised' }],
    [{ state: 'captured' }, { to: 'authorised' }],
    [null, { to: 'failed', declineCode: notAuthorised }],
    [{ state: 'voided' }, { to: 'failed', declineCode: notAuthorised }],
    [
      { state: 'declined', declineCode: 'card_declined' },
      { to: 'failed', declineCode: 'card_declined' },
    ],
  ]
  for (const [charge, expected] of answers) {
    const move = moveAfterAsking(charge)
    t.deepEqual(move, expected)
    t.true(mayMove('authorising', move.to) && mayMove('unknown', move.to))
  }
})

test('seats decide between taking the money and freeing it', (t) => {
  t.deepEqual(moveAfterConfirm('CONFIRMED'), { to: 'capturing' })
  t.deepEqual(moveAfterConfirm('LOST'), { to: 'voiding' })
})

test('the buyer is told an outcome only when it cannot change any more', (t) => {
  const told = Object.fromEntries(paymentStatuses.map((status) => [status, outcomeOf({ status, declineCode: null })]))
  t.deepEqual(told, {
    created: 'open',
    authorising: 'open',
    unknown: 'open',
    authorised: 'open',
    capturing: 'open',
    captured: 'bought',
    voiding: 'lost',
    voided: 'lost',
    failed: 'not_started',
  })
  t.is(outcomeOf({ status: 'failed', declineCode: 'card_declined' }), 'declined')
})
