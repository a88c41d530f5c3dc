import { z } from 'zod'
import { defineContract } from './contract.ts'
import { saleStatus } from './event.ts'
import { currency, eventId, priceMinor, seatNo, text, utcTime } from './fields.ts'
import { area } from './layout.ts'
import { priceSteps } from './places.ts'

/** The event worker adds places to the stock and opens their sale. These operations have no route. */

export const stockRow = z
  .strictObject({
    row_no: z.int().min(0).describe('Index of the row in the layout'),
    section: text(100).describe('Section of the house'),
    label: text(60).describe('Name of the row within its section'),
    first_seat_no: seatNo.describe('Number of its first seat; the others follow consecutively'),
    seats: z.array(text(30)).min(1).max(2_000).describe('Labels of the seats'),
    prices_minor: z.array(priceMinor).describe('Price of each seat, in minor units'),
    tier_nos: z.array(z.int().min(0).max(199)).describe('For each seat: index into the tiers of the event'),
    accessible: z.boolean().default(false).describe('Seats for wheelchair users and companions'),
  })
  .refine((row) => row.prices_minor.length === row.seats.length, 'needs one price for each seat')
  .refine((row) => row.tier_nos.length === row.seats.length, 'needs one tier for each seat')

export const stockEvent = defineContract('booking', 'stock-event', {
  summary: 'Put a batch of seats, and the areas, of an event in stock; idempotent by event, version, seat and area',
  request: z.strictObject({
    event_id: eventId,
    version: z.int().min(1).describe('Version of the layout'),
    currency,
    max_tickets_per_user: z.int().min(1).max(1_000).describe('Most tickets that one buyer can have'),
    tiers: z
      .array(z.strictObject({ name: text(100).describe('Name of the price tier'), steps: priceSteps }))
      .max(200)
      .describe('The price tiers of the event'),
    rows: z.array(stockRow).max(5_000).describe('The rows of this batch'),
    areas: z
      .array(
        z.strictObject({
          area_no: z.int().min(0).max(499).describe('Index of the area in the layout'),
          ...area,
          price_minor: priceMinor,
        }),
      )
      .max(500)
      .describe('The general admission areas'),
  }),
  reply: z.object({ seats_added: z.int().describe('Seats that were not in stock before') }),
  errors: [],
  deadlineMs: 10_000,
})

export const setSale = defineContract('booking', 'set-sale', {
  summary: 'Open, pause, close or cancel the sale of a stocked event; every later hold follows it',
  request: z.strictObject({
    event_id: eventId,
    status: saleStatus,
    // Computed, so they may lie a day outside the years that organisers can name.
    on_sale_at: utcTime.nullable().describe('When the sale opens'),
    off_sale_at: utcTime.nullable().describe('When the sale ends'),
    cancel_until: utcTime.nullable().default(null).describe('Until when buyers can cancel tickets; null: never'),
    needs_pass: z.boolean().default(false).describe('Whether only holders of a pass can take places'),
  }),
  reply: z.object({ changed: z.boolean().describe('Whether the sale changed') }),
  /** `not_found`: the event has no stock, so it has no sale. */
  errors: ['not_found', 'event_cancelled'],
  deadlineMs: 5_000,
})
