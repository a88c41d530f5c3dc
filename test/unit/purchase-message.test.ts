import test from 'ava'
import type { Booking } from '#shared/contracts/bookings.ts'
import { boughtMessage } from '../../workers/purchase/purchase-message.ts'

function booking({ seats = 1, total = 5_000, currency = 'EUR' }): Booking {
  return {
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
  }
}

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

test('standing places are counted by area, beside seats', (t) => {
  const standing = { area: 'Floor', qty: 3, price_minor: 2_000 }
  t.is(
    boughtMessage({ ...booking({}), places: [...booking({}).places, standing] }, name),
    'Bought seat Stalls A-12 and 3 places in Floor for 50.00 EUR, paid with the payment sandbox.',
  )
})
