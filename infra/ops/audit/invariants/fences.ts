import type { Invariant } from './invariant.ts'

/**
 * Indexes without which an invariant would be held by nothing but care, as Postgres tells them: one of the same name on other
 * columns, or for other rows, would hold nothing.
 */
const uniqueIndexes = [
  ['booking.seat_sold_once', `booking.booking_items USING btree (event_id, seat_no) WHERE live`],
  [
    'booking.one_live_hold_per_buyer',
    `booking.holds USING btree (event_id, user_id) WHERE (status = ANY (ARRAY['active'::text, 'paying'::text]))`,
  ],
  [
    'booking.one_open_entry_per_buyer',
    `booking.waiting_list USING btree (event_id, user_id) WHERE (status = ANY (ARRAY['waiting'::text, 'offered'::text]))`,
  ],
  ['booking.one_booking_per_hold', `booking.bookings USING btree (event_id, hold_id)`],
  ['booking.one_ticket_per_item', `booking.tickets USING btree (event_id, item_id) WHERE (status <> 'void'::text)`],
  [
    'booking.one_admission_per_ticket',
    `booking.check_ins USING btree (event_id, ticket_id) WHERE (outcome = 'admitted'::text)`,
  ],
  ['booking.check_ins_pkey', `booking.check_ins USING btree (event_id, scan_id)`],
  ['booking.cancellations_pkey', `booking.cancellations USING btree (event_id, id)`],
  ['booking.commands_pkey', `booking.commands USING btree (scope, key)`],
  [
    'purchase.one_live_payment',
    `purchase.payments USING btree (booking_id) WHERE (status = ANY (ARRAY['created'::text, 'authorising'::text, ` +
      `'unknown'::text, 'authorised'::text, 'capturing'::text, 'captured'::text, 'refunded'::text]))`,
  ],
  ['purchase.one_payment_per_key', `purchase.payments USING btree (provider_key) WHERE (status <> 'failed'::text)`],
  ['purchase.commands_pkey', `purchase.commands USING btree (scope, key)`],
  ['purchase.one_refund_per_key', `purchase.refunds USING btree (provider_key) WHERE (status <> 'refused'::text)`],
  ['purchase.one_event_refund', `purchase.refunds USING btree (payment_id) WHERE (reason = 'event_cancelled'::text)`],
  ['purchase.provider_inbox_pkey', `purchase.provider_inbox USING btree (provider, provider_event_id)`],
] as const

const wantedIndexes = uniqueIndexes
  .map(([name, on]) => `('${name}', $def$CREATE UNIQUE INDEX ${name.split('.')[1]} ON ${on}$def$)`)
  .join(', ')

/** Check constraints of the same kind. */
const constraints = [
  'booking.event_seats.held_names_its_hold',
  'booking.event_seats.held_has_an_end',
  'booking.event_seats.sold_names_its_booking',
  'booking.holds.hold_within_hard_cap',
  'booking.area_shards.places_within_capacity',
  'booking.bookings.refund_within_capture',
  'booking.waiting_list.offer_has_its_hold',
  'booking.waiting_list.open_until_ended',
  'purchase.payments.captured_in_full',
  'purchase.payments.promised_within_capture',
  'purchase.payments.refunded_within_promise',
  // Because of these three, `next_check_at` shows what is in progress.
  'purchase.payments.open_payment_is_due',
  'purchase.refunds.open_refund_is_due',
  'purchase.event_refunds.unfinished_is_due',
]

/** What the database itself must refuse is only refused while its indexes and constraints stand. */
export const fenceInvariants: readonly Invariant[] = [
  {
    id: 'fences',
    says: 'every unique index that an invariant relies on exists, is valid, and on the right columns of the right rows',
    violations: `
      SELECT format('index %s must be: %s', name, definition) AS example
      FROM (VALUES ${wantedIndexes}) AS wanted (name, definition)
      WHERE NOT EXISTS (SELECT FROM pg_index AS index WHERE index.indexrelid = to_regclass(name)
        AND index.indisvalid AND index.indisready AND pg_get_indexdef(index.indexrelid) = definition)`,
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
