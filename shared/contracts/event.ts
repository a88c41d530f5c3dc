import { z } from 'zod'
import { availability } from './availability.ts'
import { defineContract } from './contract.ts'
import {
  currency,
  cursor,
  eventId,
  instant,
  localDate,
  page,
  pageLimit,
  priceMinor,
  text,
  timeZone,
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
    description: z.string().nullable().describe('What the organiser says of the event'),
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
        cancel_until: utcTime.nullable().describe('Until then buyers may cancel tickets; null: never'),
        max_tickets_per_user: z.int().describe('Most tickets that one buyer may have'),
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
      .describe('`any` also shows past, postponed and cancelled events'),
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
        'A version of the layout, such as `layout_version` of the event, which never changes. Default: the present one',
      ),
    coordinates: z
      .enum(['absolute', 'differences'])
      .default('absolute')
      .describe(
        '`differences` is a third of the size: every x and y is a whole number of `unit`s, as the difference from the point before it in ' +
          'its row or outline. The first point of a row counts from the first of the row before, that of an outline and of the first row from 0',
      ),
  }),
  reply: layoutSchema
    .extend({
      event_id: eventId,
      version: z.int().describe('Version of this layout'),
      outlines: z
        .array(sectionOutline)
        .optional()
        .describe('Where the sections lie. Layouts attached before these were made have none'),
      unit: z.number().positive().optional().describe('Of `coordinates=differences`: the length of 1'),
    })
    .meta({ id: 'Layout', description: 'Seating geometry of an event. A version never changes' }),
  errors: ['event_not_found', 'not_found'],
  deadlineMs: 1_000,
  readOnly: true,
})

const venueInput = z
  .strictObject({
    name: text(200).describe('Name of the venue'),
    city: text(100).optional().describe('City of the venue'),
    country: eventFilters.country.describe('Country of the venue, ISO 3166-1 alpha-2'),
    tz: timeZone,
    address: text(200).optional().describe('Street and number of the venue'),
  })
  .meta({ id: 'VenueInput', description: 'The venue of a new event' })

/** `npm run import` brings seating plans of real venues. */
const sectionInput = z
  .strictObject({
    name: text(60).describe('Name of the section'),
    rows: z.int().min(1).max(200).describe('Number of rows'),
    seats_per_row: z.int().min(1).max(500).describe('Seats in each row'),
    price_minor: priceMinor,
    accessible: z.boolean().default(false).describe('Seats for wheelchair users and companions'),
    price_steps: priceSteps.default([]),
  })
  .meta({ id: 'SectionInput', description: 'Rows of equal length, for events made by hand' })

const areaInput = z
  .strictObject({ ...area, price_minor: priceMinor })
  .meta({ id: 'AreaInput', description: 'A general admission area with its price' })

export const createEvent = defineContract('event', 'create-event', {
  summary: 'Organiser: a new draft event, with simple seating if sections are given',
  request: z
    .strictObject({
      name: text(300).describe('Name of the event'),
      type: text(60).default('Other').describe('Kind of event'),
      description: text(5_000).optional().describe('What buyers should know of the event'),
      venue: venueInput,
      performers: z.array(text(200)).max(50).default([]).describe('Names of the performers, in their order'),
      starts_on: localDate.describe('Local date at the venue'),
      starts_at_local: z
        .string()
        .regex(
          /^([01]\d|2[0-3]):[0-5]\d([+-](0\d|1[0-5]):[0-5]\d)?$/,
          'must be HH:MM, or HH:MM with an offset such as +02:00',
        )
        .optional()
        .meta({
          description:
            'Local time at the venue, HH:MM; leave it out until it is announced. A time that clocks show twice needs its offset',
          examples: ['20:00', '02:30+02:00'],
        }),
      doors_at: instant.optional().describe('When the doors open, before the event begins'),
      currency: currency.default('EUR'),
      sections: z.array(sectionInput).max(100).default([]).describe('Sections of seats'),
      areas: z.array(areaInput).max(100).default([]).describe('General admission areas'),
      on_sale_at: instant.optional().describe('When the sale opens. Default: at once when the event is published'),
      off_sale_at: instant
        .optional()
        .describe(
          'When the sale ends, at most 24 hours after the default: the start of the event, or the end of its local day while its time is open',
        ),
      cancel_until: instant
        .optional()
        .describe('Until then buyers may cancel tickets. Default: 24 hours before the event, or before its day'),
      max_tickets_per_user: z.int().min(1).max(1_000).default(8).describe('Most tickets that one buyer may have'),
    })
    .meta({
      id: 'EventInput',
      description: 'A new event',
      examples: [
        {
          name: 'Björk w Łodzi',
          performers: ['Björk'],
          venue: { name: 'Atlas Arena', city: 'Łódź', country: 'PL', tz: 'Europe/Warsaw' },
          starts_on: '2027-03-05',
          starts_at_local: '20:00',
          currency: 'PLN',
          sections: [{ name: 'Parter', rows: 10, seats_per_row: 20, price_minor: 25_000 }],
          areas: [{ name: 'Płyta', capacity: 500, price_minor: 18_000 }],
        },
      ],
    }),
  reply: eventView,
  errors: ['idempotency_key_in_use', 'idempotency_key_reused'],
  deadlineMs: 5_000,
})

export const changeEventStatus = defineContract('event', 'change-event-status', {
  summary: 'Organiser: publish an event, pause or resume its sale, or cancel it',
  request: z.strictObject({
    event_id: eventId,
    action: z.enum(['publish', 'pause', 'resume', 'cancel']).describe('What to do with the event'),
  }),
  reply: eventView,
  errors: ['event_not_found', 'event_cancelled', 'sale_closed', 'idempotency_key_in_use', 'idempotency_key_reused'],
  deadlineMs: 5_000,
})

/** An event as importers send it, in one format for all sources. Dates are local to the venue. */
export const catalogueEvent = z.strictObject({
  source_id: text(200).describe('Id of the event in its source'),
  id: eventId.optional().describe('Set by the demo catalogue only, for an event with a known id'),
  name: text(300).describe('Name of the event'),
  type: text(60).describe('Kind of event'),
  description: text(20_000).nullable().describe('What the source says of the event'),
  status: z
    .enum(['published', 'postponed', 'rescheduled', 'cancelled'])
    .describe('Whether the event takes place as announced'),
  starts_on: localDate.describe('Local date at the venue'),
  starts_at_local: z.iso.time().nullable().describe('Local time at the venue; null until it is announced'),
  starts_at: instant
    .nullable()
    .optional()
    .describe('The instant, where the source gives it; it counts before starts_at_local'),
  doors_at: instant.optional().describe('When the doors open'),
  tz: timeZone.nullable().describe('IANA time zone of the event'),
  venue: z
    .strictObject({
      source_id: text(200).describe('Id of the venue in its source'),
      name: text(200).describe('Name of the venue'),
      city: text(100).nullable().describe('City of the venue'),
      country: z
        .string()
        .regex(/^[A-Z]{2}$/, 'must be a two-letter country code')
        .nullable()
        .describe('Country of the venue, ISO 3166-1 alpha-2'),
      tz: timeZone.nullable().describe('IANA time zone of the venue'),
      latitude: z.number().min(-90).max(90).nullable().describe('Latitude of the venue'),
      longitude: z.number().min(-180).max(180).nullable().describe('Longitude of the venue'),
      address: text(200).optional().describe('Street and number of the venue'),
    })
    .nullable()
    .describe('Where it takes place'),
  performers: z
    .array(
      z.strictObject({
        source_id: text(200).describe('Id of the performer in its source'),
        name: text(200).describe('Name of the performer'),
      }),
    )
    .max(100)
    .describe('Who performs, in the order of the announcement'),
  price_tiers: z.array(priceTier).max(50).describe('Price tiers, or price ranges'),
  on_sale_at: instant.nullable().describe('When the sale opens'),
  off_sale_at: instant
    .nullable()
    .describe('When the sale ends. If null, or later than an organiser may set it, it ends as by default'),
  max_tickets_per_user: z.int().min(1).max(1_000).nullable().describe('Most tickets that one buyer may have'),
})

export type CatalogueEvent = z.infer<typeof catalogueEvent>

export const importEvents = defineContract('event', 'import-events', {
  summary: 'Importer: store a batch of events, idempotent by source and source id',
  request: z.strictObject({
    source: text(60).describe('Name of the source'),
    events: z.array(catalogueEvent).min(1).max(200).describe('The events of this batch'),
    reschedule: z
      .boolean()
      .describe('Moves past dates into the coming months by whole weeks; an event keeps its first shift'),
  }),
  reply: z.object({
    stored: z.int().describe('New events'),
    changed: z.int().describe('Changed events'),
    unchanged: z.int().describe('Unchanged events'),
  }),
  errors: [],
  deadlineMs: 30_000,
})

export const attachSeating = defineContract('event', 'attach-seating', {
  summary: 'Importer: give an event its layout and prices, stock it, and put it on sale',
  request: z.strictObject({
    event_id: eventId,
    layout: layoutSchema.describe('The seating layout'),
    price_minor: priceMinor.describe('Price of all other places, in minor units'),
    category_prices: z
      .record(z.string(), priceMinor)
      .default({})
      .describe('Prices of categories and areas of the layout, by name'),
    price_steps: z.record(z.string(), priceSteps).default({}).describe('Price steps of categories, by name'),
    currency,
    on_sale_at: instant.nullable().describe('When the sale opens; null leaves the event as it is'),
  }),
  reply: eventView,
  errors: ['event_not_found', 'event_cancelled', 'sale_closed'],
  deadlineMs: 60_000,
})
