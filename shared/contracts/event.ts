import { z } from 'zod'
import { availability } from './availability.ts'
import { defineContract } from './contract.ts'
import { currency, cursor, eventId, instant, localDate, page, pageLimit, priceMinor, text, timeZone } from './fields.ts'
import { area, layoutSchema } from './layout.ts'
import { priceSteps } from './places.ts'

export const saleStatus = z.enum(['announced', 'on_sale', 'paused', 'off_sale', 'postponed', 'cancelled'])

export const eventSummary = z.object({
  id: eventId,
  name: z.string(),
  type: z.string(),
  status: z.enum(['draft', 'published', 'postponed', 'rescheduled', 'cancelled']),
  /** Local date at the venue, always known. */
  starts_on: localDate,
  /** UTC; null until the time is announced. */
  starts_at: z.string().nullable(),
  tz: z.string().nullable(),
  venue: z
    .object({ id: z.string(), name: z.string(), city: z.string().nullable(), country: z.string().nullable() })
    .nullable(),
  performers: z.array(z.object({ id: z.string(), name: z.string() })),
  price_from_minor: z.int().nullable(),
  currency: z.string().nullable(),
  availability,
})

export const priceTier = z.object({
  name: text(100),
  price_minor: priceMinor,
  /** Upper end of a price range, else `price_minor`. */
  max_price_minor: priceMinor,
  currency,
})

export const eventView = eventSummary.extend({
  description: z.string().nullable(),
  /** At their current price. */
  price_tiers: z.array(priceTier.extend({ price_steps: priceSteps.optional() })),
  sale: z.object({
    status: saleStatus,
    on_sale_at: z.string().nullable(),
    off_sale_at: z.string().nullable(),
    /** Until then buyers may cancel tickets; null: never. */
    cancel_until: z.string().nullable(),
    max_tickets_per_user: z.int(),
    waiting_room: z.boolean(),
  }),
  layout_version: z.int().nullable(),
  seat_count: z.int(),
  areas: z.array(z.object({ name: z.string(), capacity: z.int(), price_minor: priceMinor })),
})

export const eventFilters = {
  city: text(100).optional(),
  /** ISO 3166-1 alpha-2. */
  country: z
    .string()
    .regex(/^[A-Za-z]{2}$/, 'must be a two-letter country code')
    .toUpperCase()
    .optional(),
  type: text(60).optional(),
  /** First and last local date at the venue. */
  start: localDate.optional(),
  end: localDate.optional(),
  limit: pageLimit,
  cursor: cursor.optional(),
}

export const listEvents = defineContract('event', 'list-events', {
  summary: 'Upcoming events by date; status=any also shows past, postponed and cancelled ones',
  request: z.strictObject({
    ...eventFilters,
    performer: text(200).optional(),
    venue: text(200).optional(),
    status: z.enum(['upcoming', 'any']).default('upcoming'),
  }),
  reply: page(eventSummary).extend({ message: z.string() }),
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
  request: z.strictObject({ event_id: eventId }),
  reply: layoutSchema.extend({ event_id: eventId, version: z.int() }),
  errors: ['event_not_found', 'not_found'],
  deadlineMs: 1_000,
  readOnly: true,
})

const venueInput = z.strictObject({
  name: text(200),
  city: text(100).optional(),
  country: eventFilters.country,
  tz: timeZone,
})

/** Rows of equal length, for events made by hand. `npm run import` brings seating plans of real venues. */
const sectionInput = z.strictObject({
  name: text(60),
  rows: z.int().min(1).max(200),
  seats_per_row: z.int().min(1).max(500),
  price_minor: priceMinor,
  accessible: z.boolean().default(false),
  price_steps: priceSteps.default([]),
})

const areaInput = z.strictObject({ ...area, price_minor: priceMinor })

export const createEvent = defineContract('event', 'create-event', {
  summary: 'Organiser: a new draft event, with simple seating if sections are given',
  request: z.strictObject({
    name: text(300),
    type: text(60).default('Other'),
    description: text(5_000).optional(),
    venue: venueInput,
    performers: z.array(text(200)).max(50).default([]),
    starts_on: localDate,
    /**
     * Local time at the venue, HH:MM; leave it out until it is announced. A time that clocks show twice needs its offset:
     * 02:30+02:00.
     */
    starts_at_local: z
      .string()
      .regex(
        /^([01]\d|2[0-3]):[0-5]\d([+-](0\d|1[0-5]):[0-5]\d)?$/,
        'must be HH:MM, or HH:MM with an offset such as +02:00',
      )
      .optional(),
    currency: currency.default('EUR'),
    sections: z.array(sectionInput).max(100).default([]),
    areas: z.array(areaInput).max(100).default([]),
    on_sale_at: instant.optional(),
    /** By default when the event starts, or when its local day ends while its time is open; at most 24 hours later. */
    off_sale_at: instant.optional(),
    /** Until then buyers may cancel tickets; by default 24 hours before the event, or before its day. */
    cancel_until: instant.optional(),
    max_tickets_per_user: z.int().min(1).max(1_000).default(8),
  }),
  reply: eventView,
  errors: ['idempotency_key_in_use', 'idempotency_key_reused'],
  deadlineMs: 5_000,
})

export const changeEventStatus = defineContract('event', 'change-event-status', {
  summary: 'Organiser: publish an event, pause or resume its sale, or cancel it',
  request: z.strictObject({ event_id: eventId, action: z.enum(['publish', 'pause', 'resume', 'cancel']) }),
  reply: eventView,
  errors: ['event_not_found', 'event_cancelled', 'sale_closed', 'idempotency_key_in_use', 'idempotency_key_reused'],
  deadlineMs: 5_000,
})

/** An event as importers send it, in one format for all sources. Dates are local to the venue. */
export const catalogueEvent = z.strictObject({
  source_id: text(200),
  /** Set by the demo catalogue only, for an event with a known id. */
  id: eventId.optional(),
  name: text(300),
  type: text(60),
  description: text(20_000).nullable(),
  status: z.enum(['published', 'postponed', 'rescheduled', 'cancelled']),
  starts_on: localDate,
  starts_at_local: z.iso.time().nullable(),
  /** The instant as the source gives it. It counts, and `starts_at_local` does not, where both are given. */
  starts_at: instant.nullable().optional(),
  tz: timeZone.nullable(),
  venue: z
    .strictObject({
      source_id: text(200),
      name: text(200),
      city: text(100).nullable(),
      country: z
        .string()
        .regex(/^[A-Z]{2}$/)
        .nullable(),
      tz: timeZone.nullable(),
      latitude: z.number().min(-90).max(90).nullable(),
      longitude: z.number().min(-180).max(180).nullable(),
    })
    .nullable(),
  performers: z.array(z.strictObject({ source_id: text(200), name: text(200) })).max(100),
  price_tiers: z.array(priceTier).max(50),
  on_sale_at: instant.nullable(),
  /** When null, or later than an organiser could set it, the sale ends as by default. */
  off_sale_at: instant.nullable(),
  max_tickets_per_user: z.int().min(1).max(1_000).nullable(),
})

export type CatalogueEvent = z.infer<typeof catalogueEvent>

export const importEvents = defineContract('event', 'import-events', {
  summary: 'Importer: store a batch of events, idempotent by source and source id',
  request: z.strictObject({
    source: text(60),
    events: z.array(catalogueEvent).min(1).max(200),
    /** Move past dates into the coming months by whole weeks; an event keeps its first shift. */
    reschedule: z.boolean(),
  }),
  /** New, changed and unchanged events. */
  reply: z.object({ stored: z.int(), changed: z.int(), unchanged: z.int() }),
  errors: [],
  deadlineMs: 30_000,
})

export const attachSeating = defineContract('event', 'attach-seating', {
  summary: 'Importer: give an event its layout and prices, stock it, and put it on sale',
  request: z.strictObject({
    event_id: eventId,
    layout: layoutSchema,
    price_minor: priceMinor,
    /** Prices of categories and areas of the layout, by name. */
    category_prices: z.record(z.string(), priceMinor).default({}),
    /** Price steps of categories, by name. */
    price_steps: z.record(z.string(), priceSteps).default({}),
    currency,
    /** When the sale opens; null leaves the event as it is. */
    on_sale_at: instant.nullable(),
  }),
  reply: eventView,
  errors: ['event_not_found', 'event_cancelled', 'sale_closed'],
  deadlineMs: 60_000,
})
