import { z } from 'zod'
import { defineContract } from './contract.ts'
import { eventFilters, eventView, priceTier } from './event.ts'
import { eventId, instant, knownCurrency, localDate, priceMinor, text, timeZone } from './fields.ts'
import { area, layoutSchema } from './layout.ts'
import { priceSteps } from './places.ts'

/* Changes of the catalogue by organisers and importers. */

const venueInput = z
  .strictObject({
    name: text(200).describe('Name of the venue'),
    city: text(100).optional().describe('City of the venue'),
    country: eventFilters.country.describe('Country of the venue, ISO 3166-1 alpha-2'),
    tz: timeZone,
    address: text(200).optional().describe('Street and number of the venue'),
  })
  .meta({ id: 'VenueInput', description: 'The venue of a new event' })

/** For simple events; `npm run import` loads seating plans of real venues. */
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
      description: text(5_000).optional().describe('What buyers should know about the event'),
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
      currency: knownCurrency.default('EUR'),
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
        .describe('Until when buyers can cancel tickets. Default: 24 hours before the event, or before its day'),
      max_tickets_per_user: z.int().min(1).max(1_000).default(8).describe('Most tickets that one buyer can have'),
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

/** Of an imported event. */
export const maxPerformers = 100
export const maxPriceTiers = 50

/** An event as importers send it, in one format for all sources. Dates are local to the venue. */
export const catalogueEvent = z.strictObject({
  source_id: text(200).describe('Id of the event in its source'),
  id: eventId.optional().describe('Set by the demo catalogue only, for an event with a known id'),
  name: text(300).describe('Name of the event'),
  type: text(60).describe('Kind of event'),
  description: text(20_000).nullable().describe('Description by the source'),
  status: z
    .enum(['published', 'postponed', 'rescheduled', 'cancelled'])
    .describe('Whether the event takes place as announced'),
  starts_on: localDate.describe('Local date at the venue'),
  starts_at_local: z.iso.time().nullable().describe('Local time at the venue; null until it is announced'),
  starts_at: instant.nullable().optional().describe('The instant, if the source has it; it overrides starts_at_local'),
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
    .max(maxPerformers)
    .describe('Who performs, in the order of the announcement'),
  price_tiers: z.array(priceTier).max(maxPriceTiers).describe('Price tiers, or price ranges'),
  on_sale_at: instant.nullable().describe('When the sale opens'),
  off_sale_at: instant
    .nullable()
    .describe('When the sale ends. If null, or later than an organiser could set it, the default applies'),
  max_tickets_per_user: z.int().min(1).max(1_000).nullable().describe('Most tickets that one buyer can have'),
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
    currency: knownCurrency,
    on_sale_at: instant.nullable().describe('When the sale opens; null leaves the event unchanged'),
  }),
  reply: eventView,
  errors: ['event_not_found', 'event_cancelled', 'sale_closed'],
  deadlineMs: 60_000,
})
