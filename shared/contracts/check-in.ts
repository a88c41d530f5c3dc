import { z } from 'zod'
import { maxScans } from '#shared/scans.ts'
import { defineContract } from './contract.ts'
import { cursor, eventId, instant, page, pageLimit, text, ticketId, utcTime, wholeNumber } from './fields.ts'
import { seatPlace } from './places.ts'
import { ticketNumber, ticketSerial } from './tickets.ts'

/*
 * The door: gates scan the tickets of an event. A device without a connection decides by the public keys and the manifest, and sends its
 * scans later; the first scan of a ticket that arrives admits it.
 */

/** Most tickets of a page of the manifest. */
const maxManifestPage = 1_000

const gate = text(40).meta({ description: 'Name of the gate', examples: ['North 2'] })

const scan = z
  .strictObject({
    scan_id: z
      .uuid()
      .toLowerCase()
      .describe('Id of the scan, chosen by the device: a scan that is sent again gets its first outcome'),
    code: text(1_024).describe(
      'The signed code of the ticket, or its number (`6F68-6623`, in any case, also without the hyphen) where a camera cannot read',
    ),
    scanned_at: instant.describe(
      'When it was scanned, by the clock of the device; a later time than now counts as now',
    ),
    let_in: z
      .boolean()
      .optional()
      .describe('True if the device has let the holder in already, because it had no connection'),
  })
  .meta({ id: 'Scan', description: 'A scanned ticket' })

export const scanOutcomes = ['admitted', 'already_admitted', 'void', 'replaced', 'other_event', 'unknown'] as const

const outcome = z
  .enum(scanOutcomes)
  .describe(
    '`admitted`: it entered with this scan; `already_admitted`: it entered before; `void`: cancelled, refunded, or its event is cancelled; ' +
      '`replaced`: the code of an earlier holder; `other_event`: the code of a ticket of another event; `unknown`: not a code, no ticket, or ' +
      'a number that two tickets of the event share',
  )

export type ScanOutcome = z.infer<typeof outcome>

export const entry = z
  .object({
    at: utcTime.describe('When it was scanned, by the clock of the device'),
    gate: z.string().describe('The gate that let its holder in'),
  })
  .meta({ id: 'Entry', description: 'The admission of a ticket' })

const doorTicket = z
  .object({
    id: ticketId,
    number: ticketNumber,
    serial: ticketSerial,
    place: z
      .union([
        seatPlace.omit({ price_minor: true }).meta({ id: 'TicketSeat', description: 'The seat of a ticket' }),
        z
          .object({ area: z.string().describe('Name of the general admission area') })
          .meta({ id: 'TicketArea', description: 'The general admission area of a ticket' }),
      ])
      .describe('Where its holder sits or stands'),
  })
  .meta({ id: 'DoorTicket', description: 'A ticket as gates see it, without its holder' })

const scanResult = z
  .object({
    scan_id: z.uuid().describe('Id of the scan'),
    outcome,
    ticket: doorTicket.nullable().describe('The ticket; null for `other_event` and `unknown`'),
    entered: entry.nullable().describe('Its admission, by this scan or an earlier one; null if it never entered'),
  })
  .meta({ id: 'ScanResult', description: 'What became of a scan' })

export const recordScans = defineContract('booking', 'record-scans', {
  summary: 'Door: scan tickets of an event. A ticket enters once; a scan that is sent again gets its first outcome',
  request: z.strictObject({
    event_id: eventId,
    gate,
    scans: z
      .array(scan)
      .min(1)
      .max(maxScans)
      .refine(
        (scans) => new Set(scans.map(({ scan_id }) => scan_id)).size === scans.length,
        'must not have a scan_id twice',
      )
      .describe('Scans of this gate, judged in this order'),
  }),
  reply: z
    .object({
      items: z.array(scanResult).describe('The outcomes, in the order of the request'),
      admitted: z.int().min(0).describe('Tickets of the event that entered, as counted at most a second ago'),
      tickets: z.int().min(0).describe('Tickets of the event that are not void, counted at the same moment'),
    })
    .meta({ id: 'ScanResults', description: 'Outcomes of scans' }),
  errors: ['event_not_found', 'idempotency_key_in_use'],
  deadlineMs: 2_000,
})

const manifestTicket = doorTicket
  .extend({
    status: z.enum(['valid', 'used', 'void']).describe('`used` after admission, `void` after a cancellation'),
    entered: entry.nullable().describe('Its admission; null if it never entered'),
  })
  .meta({ id: 'ManifestTicket', description: 'A ticket in the manifest' })

export const viewManifest = defineContract('booking', 'view-manifest', {
  summary: 'Door: all tickets of an event, for devices that must decide without a connection; has no names',
  request: z.strictObject({
    event_id: eventId,
    limit: wholeNumber({ min: 1, max: maxManifestPage }).default(maxManifestPage).describe('Most tickets on a page'),
    cursor: cursor.optional(),
  }),
  reply: page(manifestTicket)
    .extend({ event_id: eventId })
    .meta({ id: 'Manifest', description: 'One page of the tickets of an event, in a fixed order' }),
  errors: ['event_not_found'],
  deadlineMs: 2_000,
  readOnly: true,
})

const doubleEntry = z
  .object({
    ticket: doorTicket,
    entered: entry.describe('Its admission'),
    again: entry.describe('The entry at a gate without a connection, which arrived later'),
  })
  .meta({ id: 'DoubleEntry', description: 'A ticket with which somebody was let in again' })

export const listDoubleEntries = defineContract('booking', 'list-double-entries', {
  summary:
    'Organiser: tickets of an event with which a gate without a connection let somebody in again, by arrival of the scan, newest first',
  request: z.strictObject({ event_id: eventId, limit: pageLimit, cursor: cursor.optional() }),
  reply: page(doubleEntry).meta({ id: 'DoubleEntryPage', description: 'One page of double entries' }),
  errors: ['event_not_found'],
  deadlineMs: 1_000,
  readOnly: true,
})

export type DoubleEntry = z.infer<typeof doubleEntry>
export type DoorTicket = z.infer<typeof doorTicket>
export type ManifestTicket = z.infer<typeof manifestTicket>
