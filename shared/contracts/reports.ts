import { z } from 'zod'
import { defineContract } from './contract.ts'
import { saleStatus } from './event.ts'
import { commaSeparated, currency, eventId, priceMinor, utcTime } from './fields.ts'

/** Figures for organisers. */

/** Most events of one `list-reports`: as many as on a page of events. */
const maxReports = 100

/** Holds that end within this time count as ending soon. */
export const endsSoonMs = 120_000

const counts = {
  sold: z.int().min(0).describe('Sold places'),
  held: z.int().min(0).describe('Held places, without holds that have ended'),
  free: z.int().min(0).describe('Free places; 0 once the event is cancelled'),
  blocked: z.int().min(0).describe('Places that are not for sale'),
}

const revenue = z.int().min(0).describe('Revenue of the sold places, paid or being paid, in minor units')

const priceReport = z
  .object({
    kind: z.enum(['tier', 'area']).describe('Seats of a price tier, or a general admission area'),
    name: z.string().describe('Name of the tier or area'),
    price_minor: priceMinor.describe('Current price of one place, in minor units'),
    ...counts,
    revenue_minor: revenue,
  })
  .meta({ id: 'PriceReport', description: 'How the places of one price sell' })

export const viewReport = defineContract('booking', 'view-report', {
  summary: 'Organiser: the sales figures of an event, from one moment at most three seconds ago',
  request: z.strictObject({ event_id: eventId }),
  reply: z
    .object({
      event_id: eventId,
      as_of: utcTime.describe('Time of these figures'),
      currency: currency.nullable().describe('Currency of all sums, ISO 4217; null while nothing is in stock'),
      ...counts,
      admitted: z.int().min(0).describe('Tickets that entered'),
      let_in_twice: z.int().min(0).describe('Tickets with which a gate without a connection let somebody in again'),
      held_ending_soon: z.int().min(0).describe('Held places whose hold ends within two minutes'),
      revenue_minor: revenue,
      refunded_minor: z.int().min(0).describe('Refunded for returned tickets, in minor units'),
      refund_due_minor: z.int().min(0).describe('Still to be refunded for returned tickets, in minor units'),
      prices: z.array(priceReport).describe('The tiers and areas, highest price first'),
      sold_over_time: z
        .object({
          from: utcTime.describe('Opening of the sale, or the first sold place if that was earlier'),
          to: utcTime.describe('Now, or the end of the sale'),
          bucket_s: z.int().min(1).describe('Length of a bucket, in seconds'),
          sold: z
            .array(z.int())
            .max(60)
            .describe('Number of sold places at the end of each bucket, without returned ones'),
        })
        .nullable()
        .describe('Sold places over time; null before the sale'),
    })
    .meta({ id: 'EventReport', description: 'How an event sells' }),
  errors: ['event_not_found'],
  deadlineMs: 2_000,
  readOnly: true,
})

export const listReports = defineContract('booking', 'list-reports', {
  summary: 'Organiser: sold places of several events; events without stock are left out',
  request: z.strictObject({
    event_ids: commaSeparated(z.array(eventId).min(1).max(maxReports), {
      maxLength: 37 * maxReports,
      message: `must be 1 to ${maxReports} ids of events, separated by commas`,
    }).describe(`Ids of up to ${maxReports} events`),
  }),
  reply: z.object({
    items: z
      .array(
        z
          .object({
            event_id: eventId,
            sale: saleStatus,
            places: z.int().min(0).describe('All places, blocked ones too'),
            sold: counts.sold,
          })
          .meta({ id: 'EventReportSummary', description: 'Sold places of an event' }),
      )
      .describe('The events with stock, in any order'),
  }),
  errors: [],
  deadlineMs: 2_000,
  readOnly: true,
})
