import { z } from 'zod'
import { defineContract } from './contract.ts'
import { currency, cursor, eventId, page, priceMinor, wholeNumber } from './fields.ts'
import { seatPlace } from './places.ts'

/** Coarse counts of free seats end here. */
export const coarseCount = 200

export const listSeats = defineContract('booking', 'list-seats', {
  summary: 'Every seat of an event with price and state, by seat number',
  request: z.strictObject({
    event_id: eventId,
    limit: wholeNumber({ min: 1, max: 1_000 }).default(100),
    cursor: cursor.optional(),
  }),
  reply: page(
    seatPlace.extend({
      tier: z.string().nullable(),
      accessible: z.boolean(),
      currency,
      state: z
        .enum(['available', 'held', 'sold', 'blocked'])
        .describe(
          'Whether a buyer can have the seat. held: another buyer has it for now. Of a cancelled event no seat is available.',
        ),
    }),
  ),
  errors: ['event_not_found'],
  deadlineMs: 1_000,
  readOnly: true,
})

export const viewSeatStates = defineContract('booking', 'view-seat-states', {
  summary: 'The state of all seats in two bits each, and of areas by count',
  request: z.strictObject({
    event_id: eventId,
    /** `seq` of a write, such as a hold, that the reply must include. */
    min_seq: z
      .string()
      .regex(/^\d{1,19}$/, 'must be the seq of a write')
      .optional(),
  }),
  reply: z.object({
    event_id: eventId,
    seq: z.string(),
    version: z.int(),
    available: z.int().describe('Free seats, without areas. 0 once the event is cancelled.'),
    held: z.int().describe('Seats that buyers hold for now, without areas.'),
    sold: z.int().describe('Sold seats, without areas.'),
    /** base64 of 2 bits a seat in seat_no order, low bits first: 0 available, 1 held, 2 sold, 3 blocked. */
    states: z.string(),
    areas: z.array(
      z.object({
        area: z.string(),
        price_minor: z.int(),
        capacity: z.int(),
        available: z.int().describe('Free places. 0 once the event is cancelled.'),
        held: z.int().describe('Places that buyers hold for now.'),
        sold: z.int().describe('Sold places.'),
      }),
    ),
  }),
  errors: ['event_not_found'],
  deadlineMs: 1_000,
  readOnly: true,
})

export const viewAvailability = defineContract('booking', 'view-availability', {
  summary: 'Free places of events right now, seats and areas together; events without stock are left out',
  request: z.strictObject({
    event_ids: z.array(eventId).min(1).max(1_000),
    /** Cheaper: count free seats up to 200. */
    coarse: z.boolean().default(false),
  }),
  reply: z.object({
    items: z.array(
      z.object({
        event_id: eventId,
        available: z.int(),
        place_count: z.int(),
        /** No place is left, neither free nor held. */
        sold_out: z.boolean().optional(),
        /** Current prices of the tiers that have reached a price step. */
        stepped_prices: z.array(z.object({ tier: z.string(), price_minor: priceMinor })).default([]),
      }),
    ),
  }),
  errors: [],
  deadlineMs: 500,
  readOnly: true,
})
