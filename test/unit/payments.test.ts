import test from 'ava'
import fc from 'fast-check'
import type { Booking } from '#shared/contracts/bookings.ts'
import { type Outcome, type PaymentStatus, paymentStatuses, refundStatuses } from '#shared/contracts/purchase.ts'
import { mayRevoke, type PaymentNote, supersedes } from '../../workers/booking/payment-status.ts'
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
} from '../../workers/purchase/payment.ts'
import { type Charge, ProviderError } from '../../workers/purchase/providers/payment-provider.ts'
import { boughtMessage } from '../../workers/purchase/purchase-message.ts'
import { mayMoveRefund } from '../../workers/purchase/refund.ts'
import { refundedMessage, returningMessage } from '../../workers/purchase/refund-message.ts'
import { always } from '../support/always.ts'

const begun: PaymentNote = { attempt: 1, status: 'processing' }
const afterAll = (notes: readonly PaymentNote[]): PaymentNote =>
  notes.reduce((known, next) => (supersedes(next, known) ? next : known), begun)

test('a note that comes late changes nothing', (t) => {
  t.false(supersedes({ attempt: 1, status: 'captured' }, { attempt: 2, status: 'processing' }))
  t.false(supersedes({ attempt: 2, status: 'authorised' }, { attempt: 2, status: 'captured' }))
  t.false(supersedes({ attempt: 2, status: 'voided' }, { attempt: 2, status: 'captured' }))
})

test('a later attempt counts, however the earlier one ended', (t) => {
  t.true(supersedes({ attempt: 2, status: 'processing' }, { attempt: 1, status: 'failed' }))
})

test('notes of two payments leave the same behind in whatever order and however often they come', (t) => {
  const notes: PaymentNote[] = [
    { attempt: 1, status: 'authorised' },
    { attempt: 1, status: 'failed' },
    { attempt: 2, status: 'processing' },
    { attempt: 2, status: 'authorised' },
    { attempt: 2, status: 'captured' },
  ]
  const anyOrder = fc.shuffledSubarray([...notes, ...notes], { minLength: notes.length * 2 })
  always(t, { of: [anyOrder] }, (order) => {
    t.deepEqual(afterAll(order), { attempt: 2, status: 'captured' })
  })
})

test('a booking is revoked for its own payment only, and never once that was captured', (t) => {
  t.true(mayRevoke(2, { attempt: 2, status: 'authorised' }))
  t.true(mayRevoke(2, { attempt: 2, status: 'failed' }))
  t.false(mayRevoke(2, { attempt: 2, status: 'captured' }))
  t.false(mayRevoke(1, { attempt: 2, status: 'authorised' }))
})

test('a refund gives money back only after its tickets are, and is refused only before', (t) => {
  const found = refundStatuses.flatMap((from) =>
    refundStatuses.filter((to) => mayMoveRefund(from, to)).map((to) => `${from} → ${to}`),
  )
  t.deepEqual(found.toSorted(), ['requested → refused', 'requested → returning', 'returning → done'])
})

test('a refund says in plain words what came back and what is still on its way', (t) => {
  const money = { amountMinor: 5_000, currency: 'EUR' }
  t.is(refundedMessage(money), 'The tickets were given back and 50.00 EUR refunded.')
  t.regex(returningMessage(money), /50\.00 EUR are on their way to the buyer/)
  const nothing = { ...money, amountMinor: 0 }
  t.is(refundedMessage(nothing), 'The tickets were given back; there was nothing to refund.')
  t.is(returningMessage(nothing), 'The tickets were given back.')
})

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

test('a purchase has an outcome only when it cannot change any more', (t) => {
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
  const moves = charges.map((charge) => moveAfterCapture(charge))
  const refused = { to: 'failed', failure: 'capture_refused' }
  const [captured, declined] = [{ to: 'captured' }, { ...refused, declineCode: 'card_declined' }]
  t.deepEqual<unknown, unknown>(moves, [null, captured, captured, refused, declined])
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

const booking = ({ seats = 1, total = 5_000, currency = 'EUR' }): Booking => ({
  id: 'b',
  event_id: 'e',
  user_id: '125',
  hold_id: 'h',
  status: 'confirmed',
  places: Array.from({ length: seats }, (_, index) => ({
    seat_no: index,
    section: 'Stalls',
    row: 'A',
    label: String(index + 12),
    price_minor: total / seats,
  })),
  total_minor: total,
  refunded_minor: 0,
  refund_due_minor: 0,
  cancelled_for: null,
  currency,
  created_at: '2030-01-01T00:00:00Z',
  confirmed_at: '2030-01-01T00:00:01Z',
  tickets: [],
  payment: { status: 'captured', captured_minor: total },
  seq: '1',
})

const name = 'the payment sandbox'

test('the message names the seat, the price and who was paid', (t) => {
  t.is(boughtMessage(booking({}), name), 'Bought seat Stalls A-12 for 50.00 EUR, paid with the payment sandbox.')
})

test('many seats are counted, and only the first few named', (t) => {
  t.is(
    boughtMessage(booking({ seats: 2, total: 250_000 }), name),
    'Bought 2 seats (Stalls A-12, Stalls A-13) for 2500.00 EUR, paid with the payment sandbox.',
  )
  t.regex(boughtMessage(booking({ seats: 8 }), name), /^Bought 8 seats \(Stalls A-12, .* A-16 and 3 more\) for/)
})

test('each currency has its own number of decimals', (t) => {
  t.regex(boughtMessage(booking({ currency: 'JPY' }), name), /for 5000 JPY, paid/)
  t.regex(boughtMessage(booking({ currency: 'KWD' }), name), /for 5\.000 KWD, paid/)
  // Minor units are those of ISO 4217, also where cash is counted without them.
  t.regex(boughtMessage(booking({ currency: 'HUF' }), name), /for 50\.00 HUF, paid/)
})

test('a free booking mentions no payment', (t) => {
  t.is(boughtMessage(booking({ total: 0 }), name), 'Booked seat Stalls A-12, free of charge.')
})

test('GA tickets are counted by area, beside seats', (t) => {
  const floor = { area: 'Floor', qty: 3, price_minor: 2_000 }
  t.is(
    boughtMessage({ ...booking({}), places: [...booking({}).places, floor] }, name),
    'Bought seat Stalls A-12 and 3 places in Floor for 50.00 EUR, paid with the payment sandbox.',
  )
})
