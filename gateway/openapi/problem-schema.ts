import { z } from 'zod'
import { currency, publicIdField, seatNo, utcTime } from '#shared/contracts/fields.ts'
import { paymentFailure } from '#shared/contracts/purchase.ts'
import { errorCodes } from '#shared/errors.ts'

const fieldError = z
  .object({
    pointer: z
      .string()
      .meta({ description: 'JSON pointer of the wrong field; `/limit` is also a parameter', examples: ['/limit'] }),
    detail: z.string().describe('Which field is wrong, and what is allowed'),
  })
  .meta({ id: 'FieldError', description: 'One wrong field of a request' })

/** The body of every error answer (RFC 9457), with all members that any error can have. */
export const problemSchema = z
  .object({
    type: z.string().meta({ description: 'Page that explains the error', examples: ['/problems/seat_unavailable'] }),
    title: z.string().describe('The error in a few words, the same for every occurrence'),
    status: z.int().describe('The HTTP status'),
    detail: z.string().describe('What happened, and what to do next'),
    code: z.enum(errorCodes).describe('The error by its code, for programs'),
    retryable: z
      .boolean()
      .describe('Whether the same request may succeed later; a write with the same Idempotency-Key'),
    request_id: z.string().describe('The `X-Request-Id` of the answer'),
    trace_id: z.string().optional().describe('The trace of the request, where it has one'),
    retry_after_ms: z.int().optional().describe('When a retry makes sense, in milliseconds'),
    errors: z.array(fieldError).optional().describe('The wrong fields, of `validation_failed`'),
    conflicts: z.array(seatNo).optional().describe('With `seat_unavailable`: the seats that are not available'),
    held: z
      .array(seatNo)
      .optional()
      .describe('Those of `conflicts` that may become free again; the others are sold or not for sale'),
    alternatives: z
      .array(z.array(seatNo).describe('Seats side by side'))
      .optional()
      .describe('Free seats nearby, of `seat_unavailable`'),
    left: z.int().optional().describe('With `not_enough_left` and `not_sold_out`: how many such places are free'),
    hold_url: z.string().optional().describe('With `not_sold_out`: where to hold places'),
    held_by_others: z
      .boolean()
      .optional()
      .describe('With `not_enough_left`: whether other buyers hold such places, which may become free again'),
    area: z.string().optional().describe('The general admission area that has too few places'),
    join_url: z
      .string()
      .optional()
      .describe('Where to join the queue of the event, or with `waiting_list_first` its waiting list'),
    hold_id: publicIdField.optional().describe('The hold concerned'),
    booking_id: publicIdField.optional().describe('The booking concerned'),
    on_sale_at: utcTime.nullable().optional().describe('With `sale_not_open`: when the sale opens'),
    limit: z.int().optional().describe('With `ticket_limit`: most tickets that one buyer may have'),
    tickets: z.int().optional().describe('With `ticket_limit`: tickets that the buyer already has'),
    total_minor: z.int().optional().describe('With `price_changed`: the current price, in minor units'),
    currency: currency.optional().describe('Currency of `total_minor`'),
    failure: paymentFailure
      .optional()
      .describe(
        'With `payment_declined`: why no money was taken. After `capture_refused` the hold has ended; otherwise it may still be active',
      ),
    decline_code: z
      .string()
      .nullable()
      .optional()
      .describe("The payment provider's code for the decline, or the value of `failure` if it gave none"),
    reason: z
      .string()
      .optional()
      .describe(
        'A code: why the tickets cannot be cancelled, why the places were lost, or what keeps data from being erased',
      ),
    until: utcTime.nullable().optional().describe('With `erasure_blocked`: until when, if that is known'),
    began_by: utcTime.optional().describe('With `sale_closed`: the event had begun by this time'),
  })
  .meta({ id: 'Problem', description: 'An error as `application/problem+json` (RFC 9457)' })
