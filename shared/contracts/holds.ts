import { z } from 'zod'
import { defineContract } from './contract.ts'
import { currency, eventId, publicIdField } from './fields.ts'
import { isSelection, place, selection, selectionMessage } from './places.ts'

/** Operations of the booking worker on holds: places reserved for one buyer for a limited time. */

export const hold = z.object({
  id: publicIdField,
  event_id: eventId,
  user_id: z.string(),
  /** `expired` from the moment of `expires_at`, swept or not. */
  status: z.enum(['active', 'paying', 'converted', 'released', 'expired']),
  places: z.array(place),
  total_minor: z.int(),
  currency,
  expires_at: z.string(),
  expires_in_ms: z
    .int()
    .min(0)
    .describe('Milliseconds until the hold ends by itself; 0 once it has ended, for whatever reason.'),
  hard_cap_at: z.string(),
  /** Position of this write: seat states with this `seq` or a higher one include it. */
  seq: z.string(),
})

export type Hold = z.infer<typeof hold>

const placeRefusals = [
  /** With `conflicts`: the wanted seats that others have; `held`: those of them that may still become free; `alternatives`. */
  'seat_unavailable',
  /** Nothing of the event is left at all, not even places that others hold. */
  'sold_out',
  /** With `left`: how many such places are free; and `held_by_others`: whether more of them may become free. */
  'not_enough_left',
  'sale_not_open',
  'sale_closed',
  'sale_paused',
  'event_cancelled',
  'no_adjacent_seats',
  'ticket_limit',
  'idempotency_key_in_use',
  'idempotency_key_reused',
] as const

export const holdRefusals = [...placeRefusals, 'event_not_found', 'hold_exists'] as const

export const holdSeats = defineContract('booking', 'hold-seats', {
  summary: 'Hold places for the caller for a limited time',
  request: z.strictObject({ event_id: eventId, ...selection }).refine(isSelection, selectionMessage),
  reply: hold,
  errors: holdRefusals,
  deadlineMs: 2_000,
})

export const viewHold = defineContract('booking', 'view-hold', {
  summary: 'A hold of the caller',
  request: z.strictObject({ hold_id: publicIdField }),
  reply: hold,
  errors: ['not_found'],
  deadlineMs: 1_000,
  readOnly: true,
})

export const changeHold = defineContract('booking', 'change-hold', {
  summary: 'Extend an active hold to its full time, up to its hard cap, or swap its places for others, all or none',
  /** Either `extend` or other places. */
  request: z
    .strictObject({ hold_id: publicIdField, extend: z.literal(true).optional(), ...selection })
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
  request: z.strictObject({ hold_id: publicIdField }),
  reply: z.object({}),
  errors: ['not_found', 'hold_paying', 'already_purchased', 'idempotency_key_in_use', 'idempotency_key_reused'],
  deadlineMs: 2_000,
})

export const abandonHold = defineContract('booking', 'abandon-hold', {
  summary:
    'For a page that closes: release an active hold; succeeds without effect on one that is being paid for or bought',
  request: z.strictObject({ hold_id: publicIdField }),
  reply: z.object({}),
  errors: ['not_found', 'idempotency_key_in_use', 'idempotency_key_reused'],
  deadlineMs: 2_000,
})
