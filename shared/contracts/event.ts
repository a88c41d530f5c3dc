import { z } from 'zod'
import { availability } from './availability.ts'
import { defineContract } from './contract.ts'
import {
  currency,
  cursor,
  eventId,
  localDate,
  page,
  pageLimit,
  priceMinor,
  text,
  utcTime,
  wholeNumber,
} from './fields.ts'
import { area, layoutSchema, sectionOutline } from './layout.ts'
import { priceSteps } from './places.ts'

export const saleStatus = z
  .enum(['announced', 'on_sale', 'paused', 'off_sale', 'postponed', 'cancelled'])
  .describe('State of the sale right now')

export const venue = z
  .object({
    id: z.uuid().meta({ description: 'Id of the venue', examples: ['019a0000-0000-7000-8000-000000000010'] }),
    name: z.string().describe('Name of the venue'),
    city: z.string().nullable().describe('City, if known'),
    country: z.string().nullable().describe('Country, ISO 3166-1 alpha-2, if known'),
    address: z.string().optional().describe('Street and number, if known'),
  })
  .meta({ id: 'Venue', description: 'Where an event takes place' })

export const performer = z
  .object({
    id: z.uuid().meta({ description: 'Id of the performer', examples: ['019a0000-0000-7000-8000-000000000020'] }),
    name: z.string().describe('Name of the performer'),
  })
  .meta({ id: 'Performer', description: 'Who performs' })

export const eventSummary = z
  .object({
    id: eventId,
    name: z.string().describe('Name of the event'),
    type: z.string().meta({ description: 'Kind of event', examples: ['Music'] }),
    status: z
      .enum(['draft', 'published', 'postponed', 'rescheduled', 'cancelled'])
      .describe('Whether the event takes place as announced'),
    starts_on: localDate.describe('Local date at the venue, always known'),
    starts_at: utcTime.nullable().describe('When it starts; null until the time is announced'),
    tz: z
      .string()
      .nullable()
      .meta({ description: 'IANA time zone of the event', examples: ['Europe/Berlin'] }),
    venue: venue.nullable().describe('Where it takes place; null if unknown'),
    performers: z.array(performer).describe('Who performs, in the order of the announcement'),
    price_from_minor: z
      .int()
      .nullable()
      .describe('Lowest price that a tier or area has now, sold out or not, in minor units; null if unknown'),
    currency: z.string().nullable().describe('Currency of the prices, ISO 4217'),
    availability,
  })
  .meta({ id: 'EventSummary', description: 'An event as lists show it' })

export const priceTier = z.object({
  name: text(100).describe('Name of the price tier'),
  price_minor: priceMinor,
  max_price_minor: priceMinor.describe('Upper end of a price range, else the same as `price_minor`'),
  currency,
})

export const eventView = eventSummary
  .extend({
    doors_at: utcTime.optional().describe('When the doors open, if announced'),
    description: z.string().nullable().describe('Description by the organiser'),
    price_tiers: z
      .array(
        priceTier
          .extend({ price_steps: priceSteps.optional() })
          .meta({ id: 'PriceTier', description: 'Places of one price' }),
      )
      .describe('Price tiers of the seats, at their current price'),
    sale: z
      .object({
        status: saleStatus,
        on_sale_at: utcTime.nullable().describe('When the sale opens'),
        off_sale_at: utcTime.describe('When the sale ends'),
        cancel_until: utcTime.nullable().describe('Until when buyers can cancel tickets; null: never'),
        max_tickets_per_user: z.int().describe('Most tickets that one buyer can have'),
        waiting_room: z.boolean().describe('Whether buyers queue before they choose places'),
      })
      .meta({ id: 'Sale', description: 'When and how tickets are sold' }),
    layout_version: z.int().nullable().describe('Version of the seating layout; null without one'),
    seat_count: z.int().describe('Number of seats, without general admission'),
    areas: z
      .array(
        z
          .object({ ...area, price_minor: priceMinor })
          .meta({ id: 'Area', description: 'A general admission area with its price' }),
      )
      .describe('The general admission areas'),
  })
  .meta({ id: 'Event', description: 'An event with its prices and its sale' })

/** One page of events. */
export const eventPage = page(eventSummary)

export const eventFilters = {
  city: text(100)
    .optional()
    .meta({ description: 'City, in any spelling', examples: ['Berlin'] }),
  country: z
    .string()
    .regex(/^[A-Za-z]{2}$/, 'must be a two-letter country code')
    .toUpperCase()
    .optional()
    .meta({ description: 'Country, ISO 3166-1 alpha-2', examples: ['DE'] }),
  type: text(60)
    .optional()
    .meta({ description: 'Kind of event', examples: ['Music'] }),
  start: localDate.optional().describe('First local date at the venue'),
  end: localDate.optional().describe('Last local date at the venue'),
  limit: pageLimit,
  cursor: cursor.optional(),
}

export const listEvents = defineContract('event', 'list-events', {
  summary: 'Upcoming events by date; status=any also shows past, postponed and cancelled ones',
  request: z.strictObject({
    ...eventFilters,
    performer: text(200).optional().describe('Name or id of a performer'),
    venue: text(200).optional().describe('Name or id of a venue'),
    status: z
      .enum(['upcoming', 'any'])
      .default('upcoming')
      .describe('`any` also shows past, postponed and cancelled events, and to organisers drafts'),
  }),
  reply: eventPage
    .extend({ message: z.string().describe('The number of events, in words') })
    .meta({ id: 'EventPage', description: 'One page of events' }),
  errors: [],
  deadlineMs: 1_000,
  readOnly: true,
})

export const viewEvent = defineContract('event', 'view-event', {
  summary: 'One event with venue, performers, price tiers and sale state',
  request: z.strictObject({ event_id: eventId }),
  reply: eventView,
  errors: ['event_not_found'],
  deadlineMs: 1_000,
  readOnly: true,
})

export const viewLayout = defineContract('event', 'view-layout', {
  summary: 'The seating geometry of an event, columnar by row',
  request: z.strictObject({
    event_id: eventId,
    version: wholeNumber({ min: 1, max: 1_000_000_000 })
      .optional()
      .describe(
        'A version of the layout, such as `layout_version` of the event, which never changes. Default: the current one',
      ),
    coordinates: z
      .enum(['absolute', 'differences'])
      .default('absolute')
      .describe(
        '`differences` is a third of the size: every x and y is a whole number of `unit`s, relative to the previous point of its row or ' +
          'outline. The first point of a row is relative to the first point of the previous row; for an outline and the first row, to 0',
      ),
  }),
  reply: layoutSchema
    .extend({
      event_id: eventId,
      version: z.int().describe('Version of this layout'),
      outlines: z.array(sectionOutline).optional().describe('Outlines of the sections; absent in old layouts'),
      unit: z
        .number()
        .positive()
        .optional()
        .describe(
          'With `coordinates=differences`: the length of 1, a sixteenth of the usual distance of neighbouring seats',
        ),
    })
    .meta({ id: 'Layout', description: 'Seating geometry of an event. A version never changes' }),
  errors: ['event_not_found', 'not_found'],
  deadlineMs: 1_000,
  readOnly: true,
})
