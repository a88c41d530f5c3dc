import type { Invariant } from './invariant.ts'

/** Indexes without which an invariant would be held by nothing but care. */
const uniqueIndexes = [
  'booking.seat_sold_once',
  'booking.one_live_hold_per_buyer',
  'booking.one_booking_per_hold',
  'booking.one_ticket_per_item',
  'booking.cancellations_pkey',
  'booking.commands_pkey',
  'purchase.one_live_payment',
  'purchase.one_payment_per_key',
  'purchase.commands_pkey',
  'purchase.one_refund_per_key',
  'purchase.one_event_refund',
  'purchase.provider_inbox_pkey',
]

/** Check constraints of the same kind. */
const constraints = [
  'booking.event_seats.held_names_its_hold',
  'booking.event_seats.held_has_an_end',
  'booking.event_seats.sold_names_its_booking',
  'booking.holds.hold_within_hard_cap',
  'booking.area_shards.places_within_capacity',
  'booking.bookings.refund_within_capture',
  'purchase.payments.captured_in_full',
  'purchase.payments.promised_within_capture',
  'purchase.payments.refunded_within_promise',
]

/** What the database itself must refuse is only refused while its indexes and constraints stand. */
export const fenceInvariants: readonly Invariant[] = [
  {
    id: 'fences',
    says: 'every unique index that an invariant relies on exists, is unique and valid',
    violations: `
      SELECT format('index %s is missing or not valid', wanted) AS example
      FROM unnest(ARRAY[${uniqueIndexes.map((name) => `'${name}'`).join(', ')}]) AS wanted
      WHERE NOT EXISTS (SELECT FROM pg_index AS index WHERE index.indexrelid = to_regclass(wanted)
        AND index.indisunique AND index.indisvalid AND index.indisready)`,
  },
  {
    id: 'fences',
    says: 'every constraint that an invariant relies on exists and is validated',
    violations: `
      SELECT format('constraint %s is missing or not validated', wanted) AS example
      FROM unnest(ARRAY[${constraints.map((name) => `'${name}'`).join(', ')}]) AS wanted
      WHERE NOT EXISTS (SELECT FROM pg_constraint AS known
        WHERE known.conrelid = to_regclass(split_part(wanted, '.', 1) || '.' || split_part(wanted, '.', 2))
          AND known.conname = split_part(wanted, '.', 3) AND known.convalidated)`,
  },
]
