import { z } from 'zod'
import { defineContract } from './contract.ts'
import { eventId } from './fields.ts'

/** null: the booking worker, who counts the seats, did not answer. */
export const availability = z.enum(['plenty', 'few', 'sold_out', 'not_on_sale']).nullable()

/** So many events at once. */
const maxIds = 1_000

const idList = z.array(eventId).min(1).max(maxIds)

export const listAvailability = defineContract({
  worker: 'event',
  operation: 'list-availability',
  summary: 'Whether anything is left of up to 1,000 events, a word each; unknown events are left out',
  request: z.strictObject({
    /** Separated by commas, at most 1,000; as UUIDs, or as the 22 characters of base64url that their 16 bytes make. */
    ids: z.union(
      [
        idList,
        z
          .string()
          .max(37 * maxIds)
          .transform((ids) => ids.split(',').map(toUuid))
          .pipe(idList),
      ],
      `must be 1 to ${maxIds} ids of events, separated by commas`,
    ),
  }),
  reply: z.object({ items: z.array(z.object({ id: eventId, availability })) }),
  errors: [],
  deadlineMs: 1_000,
  readOnly: true,
})

/** The short form as the usual one; anything else stays as it is, to be refused. */
function toUuid(id: string): string {
  if (!/^[A-Za-z0-9_-]{22}$/.test(id)) return id
  const hex = Buffer.from(id, 'base64url').toString('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
