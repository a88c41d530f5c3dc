import test from 'ava'
import type { TicketingError } from '#shared/errors.ts'
import { type CancellationWish, ticketsToCancel } from '../../workers/booking/cancellation-policy.ts'

const noon = new Date('2031-05-01T12:00:00Z')
const later = new Date('2031-05-01T12:00:01Z')

const wish = (changes: Partial<CancellationWish>): CancellationWish => ({
  reason: 'buyer',
  booking: { status: 'confirmed', paymentStatus: 'captured' },
  tickets: [
    { ownId: 'a', status: 'valid', isPassedOn: false },
    { ownId: 'b', status: 'valid', isPassedOn: false },
  ],
  wanted: undefined,
  cancelUntil: later,
  now: noon,
  ...changes,
})

function refusal(changes: Partial<CancellationWish>): string {
  try {
    return ticketsToCancel(wish(changes)).join()
  } catch (error) {
    const { code, extra } = error as TicketingError
    return [code, extra.reason].join(' ').trim()
  }
}

const used = [
  { ownId: 'a', status: 'used', isPassedOn: false },
  { ownId: 'b', status: 'valid', isPassedOn: false },
  { ownId: 'c', status: 'void', isPassedOn: false },
] as const

test('a buyer may cancel tickets until just before the deadline, and never where there is none', (t) => {
  t.deepEqual(ticketsToCancel(wish({})), ['a', 'b'])
  t.is(refusal({ now: later }), 'not_cancellable too_late')
  t.is(refusal({ cancelUntil: null }), 'not_cancellable no_returns')
})

test('an organiser has no deadline', (t) => {
  t.deepEqual(ticketsToCancel(wish({ reason: 'organiser', cancelUntil: null })), ['a', 'b'])
})

test('without names it is about all valid tickets, with names about those, each once', (t) => {
  t.deepEqual(ticketsToCancel(wish({ tickets: used })), ['b'])
  t.deepEqual(ticketsToCancel(wish({ wanted: ['b', 'b'] })), ['b'])
  t.is(refusal({ wanted: ['a', 'x'] }), 'not_found')
})

test('a ticket that was used stays with its buyer, unless the event is cancelled', (t) => {
  for (const reason of ['buyer', 'organiser'] as const) {
    t.is(refusal({ reason, tickets: used, wanted: ['a', 'b'] }), 'not_cancellable ticket_used')
  }
  t.deepEqual(ticketsToCancel(wish({ reason: 'event_cancelled', tickets: used, cancelUntil: null })), ['a', 'b'])
  t.is(refusal({ reason: 'event_cancelled', tickets: used, wanted: ['c'] }), 'not_cancellable ticket_void')
  const [ticket] = used
  t.is(refusal({ tickets: [ticket] }), 'not_cancellable no_valid_tickets')
})

test('no money is refunded before it was captured', (t) => {
  for (const reason of ['buyer', 'organiser', 'event_cancelled'] as const) {
    const booking = { status: 'confirmed', paymentStatus: 'authorised' } as const
    t.is(refusal({ reason, booking }), 'not_cancellable payment_under_way')
  }
  t.is(refusal({ booking: { status: 'pending', paymentStatus: 'processing' } }), 'not_cancellable not_confirmed')
  t.is(refusal({ booking: { status: 'cancelled', paymentStatus: 'captured' } }), 'not_cancellable already_cancelled')
})

test('a buyer cancels no ticket that somebody else has; organisers and cancelled events do', (t) => {
  const tickets = [
    { ownId: 'a', status: 'valid', isPassedOn: true },
    { ownId: 'b', status: 'valid', isPassedOn: false },
  ] as const
  t.deepEqual(ticketsToCancel(wish({ tickets })), ['b'])
  t.is(refusal({ tickets, wanted: ['b', 'a'] }), 'not_cancellable passed_on')
  t.is(refusal({ tickets: [tickets[0]] }), 'not_cancellable no_valid_tickets')
  for (const reason of ['organiser', 'event_cancelled'] as const) {
    t.deepEqual(ticketsToCancel(wish({ tickets, reason })), ['a', 'b'])
  }
})
