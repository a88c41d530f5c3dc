import { z } from 'zod'
import { defineContract } from './contract.ts'
import { eventPage, venue } from './event.ts'
import { cursor, pageLimit } from './fields.ts'

export const viewVenue = defineContract('event', 'view-venue', {
  summary: 'A venue and its upcoming events by date',
  request: z.strictObject({
    venue_id: venue.shape.id.toLowerCase(),
    limit: pageLimit,
    cursor: cursor.optional(),
  }),
  reply: eventPage
    .extend({
      venue: venue
        .extend({
          latitude: z.number().nullable().describe('Latitude, if known'),
          longitude: z.number().nullable().describe('Longitude, if known'),
        })
        .meta({ id: 'VenueWithPlace', description: 'A venue and where it is' }),
    })
    .meta({ id: 'VenuePage', description: 'A venue with one page of its upcoming events' }),
  errors: ['not_found'],
  deadlineMs: 1_000,
  readOnly: true,
})
