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
    limit: wholeNumber({ min: 1, max: 1_000 }).default(100).describe('Most seats on a page'),
    cursor: cursor.optional(),
  }),
  reply: page(
    seatPlace
      .extend({
        tier: z.string().nullable().describe('Name of its price tier'),
        accessible: z.boolean().describe('For wheelchair users and companions'),
        currency,
        state: z
          .enum(['available', 'held', 'sold', 'blocked'])
          .describe(
            '`held`: another buyer holds it. `blocked`: not for sale; free seats of a cancelled event are blocked',
          ),
      })
      .meta({ id: 'Seat', description: 'A seat with its price and state' }),
  ).meta({ id: 'SeatPage', description: 'One page of seats' }),
  errors: ['event_not_found'],
  deadlineMs: 1_000,
  readOnly: true,
})

const areaState = z
  .object({
    area: z.string().describe('Name of the general admission area'),
    price_minor: priceMinor,
    capacity: z.int().describe('How many people it admits'),
    available: z.int().describe('Free places; 0 once the event is cancelled'),
    held: z.int().describe('Held places'),
    sold: z.int().describe('Sold places'),
  })
  .meta({ id: 'AreaState', description: 'A general admission area by count' })

export type AreaState = z.infer<typeof areaState>

export const viewSeatStates = defineContract('booking', 'view-seat-states', {
  summary: 'The state of all seats in two bits each, and of areas by count',
  request: z.strictObject({
    event_id: eventId,
    min_seq: z
      .string()
      .regex(/^\d{1,19}$/, 'must be the seq of a write')
      .optional()
      .describe('`seq` of a write, such as a hold, that the answer must include'),
  }),
  reply: z
    .object({
      event_id: eventId,
      seq: z.string().describe('Position of this state: it includes every write with this `seq` or a lower one'),
      version: z.int().describe('Version of the layout whose seats are counted'),
      available: z.int().describe('Free seats, without general admission; 0 once the event is cancelled'),
      held: z.int().describe('Held seats, without general admission'),
      sold: z.int().describe('Sold seats, without general admission'),
      states: z.string().meta({
        description:
          'base64 of two bits for each seat, in the order of `seat_no`, four seats a byte, the first seat in the lowest two bits: ' +
          '0 available, 1 held, 2 sold, 3 blocked. The state of seat n is `(bytes[n >> 2] >> 2 * (n & 3)) & 3`',
        contentEncoding: 'base64',
        examples: ['AAAQ'],
      }),
      areas: z.array(areaState).describe('The general admission areas'),
      waited_for: z
        .array(
          z.object({
            kind: z.enum(['any', 'accessible', 'tier', 'section', 'area']).describe('`any`: all but accessible seats'),
            name: z.string().nullable().describe('Name of the tier, section or area; null for the other kinds'),
          }),
        )
        .default([])
        .describe(
          'Kinds of places that buyers on the waiting list wait for. Their free places are also shown as available, but only ' +
            'these buyers get them: others are refused with `waiting_list_first`',
        ),
    })
    .meta({ id: 'SeatStates', description: 'The state of every place of an event at one moment' }),
  errors: ['event_not_found'],
  deadlineMs: 1_000,
  readOnly: true,
})

/** For gateways, which merge it with the facts about seats. */
export const viewSeatVersions = defineContract('booking', 'view-seat-versions', {
  summary: 'Every seat of an event as recorded, with its version, and its areas by count',
  request: z.strictObject({ event_id: eventId }),
  reply: z.object({
    version: z.int().describe('Version of the layout whose seats these are'),
    cancelled: z.boolean().describe('Whether the event is cancelled: its free seats are then blocked'),
    rows: z
      .array(
        z.object({
          section: z.string().describe('Section of the house'),
          first_seat_no: z.int().describe('Number of its first seat; the others follow consecutively'),
          codes: z
            .string()
            .describe('A digit for each seat: 0 available, 1 held, even if its time is over, 2 sold, 3 blocked'),
          versions: z
            .array(z.int())
            .describe('The version of each seat, which increases with each change of its state'),
        }),
      )
      .describe('The rows of the event'),
    areas: z.array(areaState).describe('The general admission areas'),
  }),
  errors: ['event_not_found'],
  deadlineMs: 2_000,
  readOnly: true,
})

export type SeatVersions = z.infer<typeof viewSeatVersions.reply>

export const viewAreas = defineContract('booking', 'view-areas', {
  summary: 'The general admission areas of an event by count',
  request: z.strictObject({ event_id: eventId }),
  reply: z.object({ areas: z.array(areaState).describe('The areas; none for an event without stock') }),
  errors: [],
  deadlineMs: 1_000,
  readOnly: true,
})

export const viewAvailability = defineContract('booking', 'view-availability', {
  summary: 'Free places of events right now, seats and areas together; events without stock are left out',
  request: z.strictObject({
    event_ids: z.array(eventId).min(1).max(1_000).describe('Ids of the events'),
    coarse: z.boolean().default(false).describe('Cheaper: counts free seats up to 200'),
  }),
  reply: z.object({
    items: z
      .array(
        z.object({
          event_id: eventId,
          available: z.int().describe('Free places'),
          place_count: z.int().describe('All places'),
          sold_out: z.boolean().optional().describe('No place is free or held'),
          stepped_prices: z
            .array(z.object({ tier: z.string().describe('Name of the tier'), price_minor: priceMinor }))
            .default([])
            .describe('Current prices of the tiers that have price steps'),
        }),
      )
      .describe('The events that have stock'),
  }),
  errors: [],
  deadlineMs: 500,
  readOnly: true,
})
