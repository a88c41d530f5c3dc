import { z } from 'zod'
import { defineContract } from './contract.ts'
import { saleStatus } from './event.ts'
import { currency, eventId, instant, priceMinor, seatNo, text } from './fields.ts'
import { area } from './layout.ts'
import { priceSteps } from './places.ts'

/** The event worker puts places in stock and opens their sale. These operations have no route. */

export const stockRow = z
  .strictObject({
    row_no: z.int().min(0),
    section: text(100),
    label: text(60),
    first_seat_no: seatNo,
    seats: z.array(text(30)).min(1).max(2_000),
    prices_minor: z.array(priceMinor),
    /** For each seat: index into the tiers of the event. */
    tier_nos: z.array(z.int().min(0).max(199)),
    accessible: z.boolean().default(false),
  })
  .refine((row) => row.prices_minor.length === row.seats.length, 'needs one price for each seat')
  .refine((row) => row.tier_nos.length === row.seats.length, 'needs one tier for each seat')

export const stockEvent = defineContract('booking', 'stock-event', {
  summary: 'Put a batch of seats, and the areas, of an event in stock; idempotent by event, version, seat and area',
  request: z.strictObject({
    event_id: eventId,
    version: z.int().min(1),
    currency,
    max_tickets_per_user: z.int().min(1).max(1_000),
    tiers: z.array(z.strictObject({ name: text(100), steps: priceSteps })).max(200),
    rows: z.array(stockRow).max(5_000),
    areas: z.array(z.strictObject({ area_no: z.int().min(0).max(499), ...area, price_minor: priceMinor })).max(500),
  }),
  reply: z.object({ seats_added: z.int() }),
  errors: [],
  deadlineMs: 10_000,
})

export const setSale = defineContract('booking', 'set-sale', {
  summary: 'Open, pause, close or cancel the sale of a stocked event; every later hold sees it',
  request: z.strictObject({
    event_id: eventId,
    status: saleStatus,
    on_sale_at: instant.nullable(),
    off_sale_at: instant.nullable(),
    /** Until then buyers may cancel tickets; null: never. */
    cancel_until: instant.nullable().default(null),
  }),
  reply: z.object({ changed: z.boolean() }),
  /** `not_found`: the event has no stock, so no sale. */
  errors: ['not_found', 'event_cancelled'],
  deadlineMs: 5_000,
})
