import { z } from 'zod'
import { defineContract } from './contract.ts'
import { bookingId, cursor, eventId, page, pageLimit, ticketId, userId } from './fields.ts'
import { areaTicket, seatTicket } from './places.ts'

/** Tickets as people carry them: each has a signed code that a door can check offline. */

export const ticketNumber = z
  .string()
  .meta({ description: 'Short number of the ticket, for people', examples: ['6F68-6623'] })
export const ticketSerial = z
  .int()
  .min(1)
  .describe('Increases each time the ticket changes hands. A code with a lower `ver` is void')

const carried = {
  event_id: eventId,
  booking_id: bookingId.nullable().describe('The booking, if the caller bought the ticket; else null'),
  number: ticketNumber,
  serial: ticketSerial,
  code: z
    .string()
    .nullable()
    .describe(
      'The code for the door: a compact JWS (RFC 7515) with `sub`, the id of the ticket, and `ver`, its serial, signed with Ed25519 by a key of `/.well-known/jwks.json`. Null unless the ticket is valid and the caller holds it',
    ),
}

const carriedTicket = z
  .union([
    seatTicket.extend(carried).meta({ id: 'CarriedSeatTicket', description: 'The ticket of a seat, with its code' }),
    areaTicket
      .extend(carried)
      .meta({ id: 'CarriedAreaTicket', description: 'A ticket of a general admission area, with its code' }),
  ])
  .meta({ id: 'CarriedTicket', description: 'A ticket that the caller holds or bought, with its code' })

export type CarriedTicket = z.infer<typeof carriedTicket>

const { booking_id: _booking, code: _code, ...held } = carried

/** A ticket that was passed on, as its holder's data: without the code, which opens the door to anybody. */
export const passedOnTicket = z.union([
  seatTicket.extend(held).meta({ id: 'PassedOnSeatTicket', description: 'The ticket of a seat, without its code' }),
  areaTicket
    .extend(held)
    .meta({ id: 'PassedOnAreaTicket', description: 'A ticket of a general admission area, without its code' }),
])

export const viewTicket = defineContract('booking', 'view-ticket', {
  summary: 'A ticket: with its code if the caller holds it, without it if the caller passed it on',
  request: z.strictObject({ ticket_id: ticketId }),
  reply: carriedTicket,
  errors: ['not_found'],
  deadlineMs: 1_000,
  readOnly: true,
})

export const listTickets = defineContract('booking', 'list-tickets', {
  summary: 'Tickets that others passed on to the caller, newest first',
  request: z.strictObject({ limit: pageLimit, cursor: cursor.optional() }),
  reply: page(carriedTicket).meta({ id: 'CarriedTicketPage', description: 'One page of tickets' }),
  errors: [],
  deadlineMs: 1_000,
  readOnly: true,
})

export const transferTicket = defineContract('booking', 'transfer-ticket', {
  summary: 'Pass a ticket on to another user: its code becomes void, and only the other user gets the new one',
  request: z.strictObject({ ticket_id: ticketId, to_user_id: userId.describe('Id of the user who gets the ticket') }),
  reply: z
    .object({
      ticket_id: ticketId,
      event_id: eventId,
      to_user_id: z.string().describe('The new holder of the ticket'),
      serial: z.int().describe('Serial of the new code'),
      message: z.string().describe('What happened, in a sentence'),
    })
    .meta({ id: 'PassedOnTicket', description: 'A ticket that has just changed hands' }),
  errors: [
    'not_found',
    'ticket_void',
    'ticket_used',
    'payment_in_progress',
    'idempotency_key_in_use',
    'idempotency_key_reused',
  ],
  deadlineMs: 2_000,
})

export const viewTicketKeys = defineContract('booking', 'view-ticket-keys', {
  summary: 'The public keys of ticket codes, as a JWK Set (RFC 7517): the first signs, all are valid',
  request: z.strictObject({}),
  reply: z
    .object({
      keys: z
        .array(
          z
            .object({
              kty: z.literal('OKP').describe('Type of the key'),
              crv: z.literal('Ed25519').describe('Its curve'),
              x: z.string().describe('The public key, base64url'),
              kid: z.string().describe('Id of the key, as in the header of a code'),
              alg: z.literal('EdDSA').describe('Signature algorithm'),
              use: z.literal('sig').describe('Use of the key'),
            })
            .meta({ id: 'TicketKey', description: 'A public key (RFC 8037)' }),
        )
        .describe('The keys'),
    })
    .meta({ id: 'TicketKeys', description: 'A JWK Set' }),
  errors: [],
  deadlineMs: 1_000,
  readOnly: true,
})
