import { z } from 'zod'
import { uuidText } from '#shared/ids.ts'
import { defineContract } from './contract.ts'
import { commaSeparated, eventId } from './fields.ts'

export const availability = z
  .enum(['plenty', 'few', 'sold_out', 'not_on_sale'])
  .nullable()
  .describe(
    'How much is left, in a word. `few`: fewer than 10 places are free, or less than a tenth of all and fewer than 200; also while the ' +
      'last ones are held, since they may become free. `sold_out`: none is free or held. null while the places cannot be counted',
  )

const maxIds = 1_000

export const listAvailability = defineContract('event', 'list-availability', {
  summary: 'Availability of up to 1,000 events, in one word each; unknown events are left out',
  request: z.strictObject({
    ids: commaSeparated(z.array(eventId).min(1).max(maxIds), {
      maxLength: 37 * maxIds,
      message: `must be 1 to ${maxIds} ids of events, separated by commas`,
      // Any other text stays unchanged, and the schema refuses it.
      read: (id) => (/^[A-Za-z0-9_-]{22}$/.test(id) ? uuidText(Buffer.from(id, 'base64url')) : id),
    }).describe('Ids of up to 1,000 events, each as a UUID or as the base64url of its 16 bytes (22 characters)'),
  }),
  reply: z.object({
    items: z
      .array(
        z
          .object({ id: eventId, availability })
          .meta({ id: 'EventAvailability', description: 'How much is left of one event' }),
      )
      .describe('The known events, in the order of the request, each once'),
  }),
  errors: [],
  deadlineMs: 1_000,
  readOnly: true,
})
