import { z } from 'zod'
import { uuidText } from '#shared/ids.ts'
import { defineContract } from './contract.ts'
import { commaSeparated, eventId } from './fields.ts'

/** null when the booking worker, which counts the places, did not answer. */
export const availability = z
  .enum(['plenty', 'few', 'sold_out', 'not_on_sale'])
  .nullable()
  .describe(
    'few: fewer than 10 places are free, or less than a tenth and fewer than 200; also when the last ones are held and may come back. ' +
      'sold_out: none is free or held. null: unknown for the moment.',
  )

const maxIds = 1_000

export const listAvailability = defineContract('event', 'list-availability', {
  summary: 'Availability of up to 1,000 events in a word each; unknown events are left out',
  request: z.strictObject({
    /** Event ids as UUIDs, or as the base64url of their 16 bytes: 22 characters. */
    ids: commaSeparated(z.array(eventId).min(1).max(maxIds), {
      maxLength: 37 * maxIds,
      message: `must be 1 to ${maxIds} ids of events, separated by commas`,
      // Any other text stays as it is, for the schema to refuse.
      read: (id) => (/^[A-Za-z0-9_-]{22}$/.test(id) ? uuidText(Buffer.from(id, 'base64url')) : id),
    }),
  }),
  reply: z.object({ items: z.array(z.object({ id: eventId, availability })) }),
  errors: [],
  deadlineMs: 1_000,
  readOnly: true,
})
