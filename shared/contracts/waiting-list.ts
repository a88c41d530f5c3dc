import { z } from 'zod'
import { defineContract } from './contract.ts'
import { cursor, eventId, page, pageLimit, publicIdField, text, utcTime } from './fields.ts'

/*
 * The waiting list of an event: places that become free go to its buyers, in order. An offer is a hold with a deadline; it is paid for,
 * changed and released like any other hold.
 */

/** The places that a buyer waits for: at most one of these, else any place except accessible seats. */
const wantedKind = {
  tier: text(100).optional().describe('Only seats of this price tier, by its name'),
  section: text(100).optional().describe('Only seats of this section, by its name'),
  area: text(100).optional().describe('Only tickets of this general admission area, by its name'),
  accessible: z.literal(true).optional().describe('Only seats for wheelchair users and companions'),
}

export const waitingEntry = z
  .object({
    id: publicIdField.describe('Id of the entry'),
    event_id: eventId,
    status: z
      .enum(['waiting', 'offered', 'converted', 'expired', 'left', 'ended'])
      .describe(
        '`offered`: the places of `hold_id` are held for the buyer; `converted`: they were bought; `expired`: they were not paid for in ' +
          'time; `left`: the buyer left the list, or released the places; `ended`: see `ended_because`',
      ),
    qty: z.int().min(1).describe('Number of places'),
    tier: z.string().nullable().describe('The wanted price tier; null for any'),
    section: z.string().nullable().describe('The wanted section; null for any'),
    area: z.string().nullable().describe('The wanted general admission area; null for any'),
    accessible: z.boolean().describe('Whether accessible seats are wanted'),
    ahead: z.int().min(0).nullable().describe('How many buyers are ahead; null unless `waiting`'),
    overtaken: z
      .int()
      .min(0)
      .describe(
        'How often places that were too few for this entry went to a later one, at most 3: after that, places are reserved until this entry can be served',
      ),
    hold_id: publicIdField.nullable().describe('The hold of the offer; null before'),
    offer_expires_at: utcTime.nullable().describe('Until when the offer is valid; null unless `offered`'),
    offer_expires_in_ms: z
      .int()
      .min(0)
      .nullable()
      .describe('Milliseconds until then, for a countdown that needs no synchronised clock; null unless `offered`'),
    ended_because: z
      .enum(['event_cancelled', 'event_rescheduled', 'sale_ended', 'ticket_limit'])
      .nullable()
      .describe(
        '`event_rescheduled`: postponed, or the end of its sale moved; `ticket_limit`: the buyer has too many other tickets of the event by ' +
          'now; null unless `ended`',
      ),
    joined_at: utcTime.describe('When the buyer joined'),
  })
  .meta({ id: 'WaitingEntry', description: 'The entry of a buyer on the waiting list of an event' })

export type WaitingEntry = z.infer<typeof waitingEntry>

export const joinWaitingList = defineContract('booking', 'join-waiting-list', {
  summary: 'Wait for places to become free, once no such place is free',
  request: z
    .strictObject({ event_id: eventId, qty: z.int().min(1).max(100).describe('Number of places'), ...wantedKind })
    .refine(
      (wish) => [wish.tier, wish.section, wish.area, wish.accessible].filter((each) => each !== undefined).length <= 1,
      'names more than one of tier, section, area and accessible; name one, or none for any place',
    )
    .meta({ description: 'The wanted places', examples: [{ qty: 2 }, { qty: 2, section: 'Floor A' }] }),
  reply: waitingEntry,
  errors: [
    'event_not_found',
    /** With `left` and `hold_url`: such places are free and can be held. */
    'not_sold_out',
    'already_waiting',
    'queue_full',
    'sale_not_open',
    'sale_closed',
    'sale_paused',
    'event_cancelled',
    'ticket_limit',
    /** The same refusals as for a hold, because waiting can lead to one. */
    'pass_required',
    'pass_invalid',
    'pass_expired',
    'idempotency_key_in_use',
    'idempotency_key_reused',
  ],
  deadlineMs: 2_000,
})

export const viewWaitingEntry = defineContract('booking', 'view-waiting-entry', {
  summary: "The caller's latest entry on the waiting list of an event",
  request: z.strictObject({ event_id: eventId }),
  reply: waitingEntry,
  errors: ['not_found'],
  deadlineMs: 1_000,
  readOnly: true,
})

export const listWaitingEntries = defineContract('booking', 'list-waiting-entries', {
  summary: "The caller's entries on waiting lists, newest first, for 30 days after their end",
  request: z.strictObject({ limit: pageLimit, cursor: cursor.optional() }),
  reply: page(waitingEntry).meta({ id: 'WaitingEntryPage', description: 'One page of entries on waiting lists' }),
  errors: [],
  deadlineMs: 1_000,
  readOnly: true,
})

export const leaveWaitingList = defineContract('booking', 'leave-waiting-list', {
  summary: 'Leave the waiting list of an event and release offered places; repeating it changes nothing',
  request: z.strictObject({ event_id: eventId }),
  reply: z.object({}),
  errors: ['hold_paying', 'idempotency_key_in_use', 'idempotency_key_reused'],
  deadlineMs: 2_000,
})
