import { z } from 'zod'
import { defineContract } from './contract.ts'
import { saleStatus } from './event.ts'
import {
  currency,
  cursor,
  eventId,
  instant,
  page,
  pageLimit,
  priceMinor,
  publicIdField,
  seatNo,
  text,
  wholeNumber,
} from './fields.ts'

/** What the booking worker answers: stock, holds and bookings. */

export const place = z.object({
  seat_no: seatNo,
  section: z.string(),
  row: z.string(),
  label: z.string(),
  price_minor: priceMinor,
})

export const hold = z.object({
  id: publicIdField,
  event_id: eventId,
  user_id: z.string(),
  /** `expired` shows from the very moment of `expires_at`, whether or not the sweeper came by. */
  status: z.enum(['active', 'paying', 'converted', 'released', 'expired']),
  places: z.array(place),
  total_minor: z.int(),
  currency,
  expires_at: z.string(),
  expires_in_ms: z.int().min(0),
  hard_cap_at: z.string(),
  /** Position of this write: the public seat state of the same or a higher `seq` includes it. */
  seq: z.string(),
})

export const booking = z.object({
  id: publicIdField,
  event_id: eventId,
  user_id: z.string(),
  hold_id: publicIdField,
  status: z.enum(['pending', 'confirmed', 'cancelled', 'expired', 'failed']),
  places: z.array(place),
  total_minor: z.int(),
  refunded_minor: z.int(),
  currency,
  created_at: z.string(),
  confirmed_at: z.string().nullable(),
  tickets: z.array(
    place.omit({ price_minor: true }).extend({ id: publicIdField, status: z.enum(['valid', 'used', 'void']) }),
  ),
  payment: z.object({
    status: z.enum(['processing', 'authorised', 'captured', 'voided', 'failed']),
    captured_minor: z.int(),
  }),
  seq: z.string(),
})

export type Hold = z.infer<typeof hold>
export type Booking = z.infer<typeof booking>
export type Place = z.infer<typeof place>

/** The wanted seats: named ones, or the best that are free. */
export const selection = {
  seat_nos: z
    .array(seatNo)
    .min(1)
    .max(100)
    .refine((seats) => new Set(seats).size === seats.length, 'must not name a seat twice')
    .optional(),
  best_available: z.strictObject({ qty: z.int().min(1).max(100) }).optional(),
}

export function namesOneSelection(request: { seat_nos?: unknown; best_available?: unknown }): boolean {
  return (request.seat_nos === undefined) !== (request.best_available === undefined)
}

export const oneSelectionMessage = 'exactly one of seat_nos and best_available is needed'

/** Errors by which a hold is refused. */
export const holdRefusals = [
  'event_not_found',
  'seat_unavailable',
  'hold_exists',
  'sold_out',
  'sale_not_open',
  'sale_closed',
  'sale_paused',
  'event_cancelled',
  'no_adjacent_seats',
  'ticket_limit',
  'idempotency_key_in_use',
  'idempotency_key_reused',
] as const

export const holdSeats = defineContract({
  worker: 'booking',
  operation: 'hold-seats',
  summary: 'Keep seats for the caller for a limited time',
  request: z.strictObject({ event_id: eventId, ...selection }).refine(namesOneSelection, oneSelectionMessage),
  reply: hold,
  errors: holdRefusals,
  deadlineMs: 2_000,
})

export const viewHold = defineContract({
  worker: 'booking',
  operation: 'view-hold',
  summary: 'A hold of the caller',
  request: z.strictObject({ hold_id: publicIdField }),
  reply: hold,
  errors: ['not_found'],
  deadlineMs: 1_000,
})

export const releaseHold = defineContract({
  worker: 'booking',
  operation: 'release-hold',
  summary: 'Give the seats of a hold back; doing it again changes nothing',
  request: z.strictObject({ hold_id: publicIdField }),
  reply: z.object({}),
  errors: ['not_found', 'hold_paying', 'already_purchased'],
  deadlineMs: 2_000,
})

export const listBookings = defineContract({
  worker: 'booking',
  operation: 'list-bookings',
  summary: "The caller's bookings, newest first",
  request: z.strictObject({ limit: pageLimit, cursor: cursor.optional() }),
  reply: page(booking).extend({ message: z.string() }),
  errors: [],
  deadlineMs: 1_000,
})

export const viewBooking = defineContract({
  worker: 'booking',
  operation: 'view-booking',
  summary: 'A booking of the caller',
  request: z.strictObject({ booking_id: publicIdField }),
  reply: booking,
  errors: ['not_found'],
  deadlineMs: 1_000,
})

export const listSeats = defineContract({
  worker: 'booking',
  operation: 'list-seats',
  summary: 'Every seat of an event with price and state, by seat number',
  request: z.strictObject({
    event_id: eventId,
    limit: wholeNumber({ min: 1, max: 1_000 }).default(100),
    cursor: cursor.optional(),
  }),
  reply: page(place.extend({ currency, state: z.enum(['available', 'held', 'sold', 'blocked']) })),
  errors: ['event_not_found'],
  deadlineMs: 1_000,
})

export const viewSeatStates = defineContract({
  worker: 'booking',
  operation: 'view-seat-states',
  summary: 'The state of all seats in two bits each',
  request: z.strictObject({ event_id: eventId }),
  reply: z.object({
    event_id: eventId,
    seq: z.string(),
    /** Version of the layout that the seat numbers belong to. */
    version: z.int(),
    available: z.int(),
    held: z.int(),
    sold: z.int(),
    /** base64 of 2 bits a seat in seat_no order, low bits first: 0 available, 1 held, 2 sold, 3 blocked. */
    states: z.string(),
  }),
  errors: ['event_not_found'],
  deadlineMs: 1_000,
})

/* Between workers: no route leads here. */

export const stockRow = z
  .strictObject({
    row_no: z.int().min(0),
    section: text(100),
    label: text(60),
    first_seat_no: seatNo,
    seats: z.array(text(30)).min(1).max(2_000),
    prices_minor: z.array(priceMinor),
  })
  .refine((row) => row.prices_minor.length === row.seats.length, 'needs one price for each seat')

export const stockEvent = defineContract({
  worker: 'booking',
  operation: 'stock-event',
  summary: 'Bring a batch of seats of an event into stock; idempotent by event, version and seat',
  request: z.strictObject({
    event_id: eventId,
    version: z.int().min(1),
    currency,
    max_tickets_per_user: z.int().min(1).max(1_000),
    rows: z.array(stockRow).max(5_000),
  }),
  reply: z.object({ seats_added: z.int() }),
  errors: [],
  deadlineMs: 10_000,
})

export const setSale = defineContract({
  worker: 'booking',
  operation: 'set-sale',
  summary: 'Open, pause, close or cancel the sale of a stocked event; every later hold sees it',
  request: z.strictObject({
    event_id: eventId,
    status: saleStatus,
    on_sale_at: instant.nullable(),
    off_sale_at: instant.nullable(),
  }),
  reply: z.object({ changed: z.boolean() }),
  /** `not_found`: nothing of the event was ever stocked, so there is no sale to change. */
  errors: ['not_found'],
  deadlineMs: 5_000,
})

export const viewAvailability = defineContract({
  worker: 'booking',
  operation: 'view-availability',
  summary: 'How many seats of events are free right now; events without stock are left out',
  request: z.strictObject({ event_ids: z.array(eventId).min(1).max(200) }),
  reply: z.object({ items: z.array(z.object({ event_id: eventId, available: z.int(), seat_count: z.int() })) }),
  errors: [],
  deadlineMs: 500,
})

export const beginPayment = defineContract({
  worker: 'booking',
  operation: 'begin-payment',
  summary: 'Turn a hold to paying, keep its seats until the payment deadline, and open or reuse its pending booking',
  request: z.strictObject({
    hold_id: publicIdField,
    expected_total_minor: priceMinor.optional(),
    currency: currency.optional(),
  }),
  reply: z.object({
    booking_id: publicIdField,
    event_id: eventId,
    /** 1 for the first try, one more after each declined payment. */
    attempt: z.int().min(1),
    total_minor: priceMinor,
    currency,
  }),
  errors: ['not_found', 'hold_expired', 'hold_ended', 'payment_in_progress', 'already_purchased', 'price_changed'],
  deadlineMs: 2_000,
})

export const returnHold = defineContract({
  worker: 'booking',
  operation: 'return-hold',
  summary: 'After a declined payment: paying becomes active again; the booking stays pending',
  request: z.strictObject({ booking_id: publicIdField, attempt: z.int().min(1) }),
  reply: z.object({}),
  errors: ['not_found'],
  deadlineMs: 2_000,
})

export const confirmHold = defineContract({
  worker: 'booking',
  operation: 'confirm-hold',
  summary: 'Money is authorised: sell the seats and confirm the booking in one commit, or answer LOST',
  request: z.strictObject({ booking_id: publicIdField }),
  reply: z.object({ outcome: z.enum(['CONFIRMED', 'LOST']) }),
  errors: ['not_found'],
  deadlineMs: 2_000,
})

export const recordPayment = defineContract({
  worker: 'booking',
  operation: 'record-payment',
  summary: 'Note on a booking how its payment stands, and answer the booking',
  request: z.strictObject({
    booking_id: publicIdField,
    attempt: z.int().min(1),
    status: z.enum(['processing', 'authorised', 'captured', 'voided', 'failed']),
    captured_minor: priceMinor,
  }),
  reply: booking,
  errors: ['not_found'],
  deadlineMs: 2_000,
})
