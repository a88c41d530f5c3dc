import { z } from 'zod'
import { eventId, text } from '#shared/contracts/fields.ts'
import { placeId } from '#shared/contracts/waiting-room.ts'

/** Path and query. A position may be anything: what cannot be used leads to a snapshot. */
export const streamRequest = z.strictObject({
  event_id: eventId,
  place: placeId.optional().describe('The own place in the queue, whose moves are told then'),
  section: text(100).optional().describe('Only changes of seats in this section, by its name'),
  from: z
    .string()
    .optional()
    .describe('Position from which to go on: the `id` of an event, or `Stream-Position` of the states of seats'),
})
