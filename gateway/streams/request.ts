import { z } from 'zod'
import { eventId, text } from '#shared/contracts/fields.ts'
import { placeId } from '#shared/contracts/waiting-room.ts'

/** Path and query. A position may be any text: an unusable one leads to a snapshot. */
export const streamRequest = z.strictObject({
  event_id: eventId,
  place: placeId.optional().describe('Your place in the queue: the stream then sends its moves'),
  section: text(100).optional().describe('Name of a section: the stream then sends only changes of its seats'),
  from: z
    .string()
    .optional()
    .describe('Position from which to continue: the `id` of an event, or `Stream-Position` of the states of seats'),
})
