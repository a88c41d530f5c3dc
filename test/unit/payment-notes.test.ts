import test from 'ava'
import fc from 'fast-check'
import { mayRevoke, type PaymentNote, supersedes } from '../../workers/booking/payment-status.ts'

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
  fc.assert(
    fc.property(anyOrder, (order) => {
      t.deepEqual(afterAll(order), { attempt: 2, status: 'captured' })
    }),
  )
})

test('a booking is revoked for its own payment only, and never once that was captured', (t) => {
  t.true(mayRevoke(2, { attempt: 2, status: 'authorised' }))
  t.true(mayRevoke(2, { attempt: 2, status: 'failed' }))
  t.false(mayRevoke(2, { attempt: 2, status: 'captured' }))
  t.false(mayRevoke(1, { attempt: 2, status: 'authorised' }))
})
