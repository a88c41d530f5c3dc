import { z } from 'zod'
import { defineContract } from './contract.ts'
import { currency, eventId, holdId, seq, utcTime } from './fields.ts'
import { isSelection, place, selection, selectionMessage } from './places.ts'

/** Operations of the booking worker on holds: places reserved for one buyer for a limited time. */

export const hold = z
  .object({
    id: holdId,
    event_id: eventId,
    user_id: z.string().describe('The buyer who has the hold'),
    status: z
      .enum(['active', 'paying', 'converted', 'released', 'expired'])
      .describe('`converted` once it is bought; `expired` from the moment of `expires_at` on'),
    places: z.array(place).describe('The held places, each at the price at which it was held'),
    total_minor: z.int().describe('Price of all places, in minor units'),
    currency,
    expires_at: utcTime.describe('Until when the places are held'),
    expires_in_ms: z
      .int()
      .min(0)
      .describe(
        'Milliseconds until then, for a countdown that needs no synchronised clock; 0 once the hold has ended for any reason',
      ),
    hard_cap_at: utcTime.describe('No extension goes beyond this time'),
    seq,
  })
  .meta({ id: 'Hold', description: 'Places that are reserved for one buyer for a limited time' })

export type Hold = z.infer<typeof hold>

const placeRefusals = [
  /** With `conflicts`: the wanted seats that others have; `held`: those of them that may become free again; and `alternatives`. */
  'seat_unavailable',
  /** No place of the event is free or held. */
  'sold_out',
  /** With `left`: how many such places are free; `held_by_others`: whether others hold some that may become free; `area`. */
  'not_enough_left',
  /** With `join_url`: places are free but reserved for the buyers on the waiting list. For named seats also with `conflicts`. */
  'waiting_list_first',
  'sale_not_open',
  'sale_closed',
  'sale_paused',
  'event_cancelled',
  'no_adjacent_seats',
  'ticket_limit',
  /** With `join_url`: the event has a waiting room, and the request has no valid pass for it in `Queue-Pass`. */
  'pass_required',
  'pass_invalid',
  'pass_expired',
  'idempotency_key_in_use',
  'idempotency_key_reused',
] as const

export const holdRefusals = [...placeRefusals, 'event_not_found', 'hold_exists'] as const

export const holdSeats = defineContract('booking', 'hold-seats', {
  summary: 'Hold places for the caller for a limited time',
  request: z
    .strictObject({ event_id: eventId, ...selection })
    .refine(isSelection, selectionMessage)
    .meta({
      description: 'The wanted places',
      examples: [
        { event_id: '019a0000-0000-7000-8000-000000000002', best_available: { qty: 2 } },
        { event_id: '019a0000-0000-7000-8000-000000000002', seat_nos: [17, 18] },
      ],
    }),
  reply: hold,
  errors: holdRefusals,
  deadlineMs: 2_000,
})

export const viewHold = defineContract('booking', 'view-hold', {
  summary: 'A hold of the caller',
  request: z.strictObject({ hold_id: holdId }),
  reply: hold,
  errors: ['not_found'],
  deadlineMs: 1_000,
  readOnly: true,
})

export const changeHold = defineContract('booking', 'change-hold', {
  summary: 'Extend an active hold to its full time, up to its hard cap, or swap its places for others, all or none',
  /** Either `extend` or other places. */
  request: z
    .strictObject({
      hold_id: holdId,
      extend: z.literal(true).optional().describe('Extends the hold. Not together with other places'),
      ...selection,
    })
    .refine(({ extend, ...wanted }) => {
      const { seat_nos, best_available, areas } = wanted
      return extend === undefined ? isSelection(wanted) : (seat_nos ?? best_available ?? areas) === undefined
    }, `needs either extend or other places; a selection ${selectionMessage}`),
  reply: hold,
  errors: [...placeRefusals, 'not_found', 'hold_ended', 'hold_expired', 'hold_paying', 'hold_cap_reached'],
  deadlineMs: 2_000,
})

export const releaseHold = defineContract('booking', 'release-hold', {
  summary: 'Release the places of a hold; repeating it changes nothing',
  request: z.strictObject({ hold_id: holdId }),
  reply: z.object({}),
  errors: ['not_found', 'hold_paying', 'already_purchased', 'idempotency_key_in_use', 'idempotency_key_reused'],
  deadlineMs: 2_000,
})

export const abandonHold = defineContract('booking', 'abandon-hold', {
  summary:
    'For a page that closes: release an active hold; has no effect on a hold that is being paid for or was bought',
  request: z.strictObject({ hold_id: holdId }),
  reply: z.object({}),
  errors: ['not_found', 'idempotency_key_in_use', 'idempotency_key_reused'],
  deadlineMs: 2_000,
})
