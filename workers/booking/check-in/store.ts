import type { DoorTicket, DoubleEntry, ManifestTicket } from '#shared/contracts/check-in.ts'
import type { Database } from '#shared/database/postgres.ts'
import { publicId } from '#shared/ids.ts'
import { ticketNumberOf } from '#shared/scans.ts'
import { joinPlace, ticketPlace } from '../store/conditions.ts'
import { oneRow } from '../store/one-row.ts'
import type { Scan, StoredRefusals, TicketAtDoor, TicketOutcome } from './scan-rule.ts'

/* SQL about the scans of tickets. Gates lock tickets in the order of their ids, as cancellations do, and no other rows. */

/** The tickets of an event with these own ids or numbers, locked until the transaction ends. */
export function lockTicketsAtDoor(
  db: Database,
  { eventId, ownIds, numbers }: { eventId: string; ownIds: readonly string[]; numbers: readonly string[] },
): Promise<TicketAtDoor[]> {
  return db.query<TicketAtDoor>(
    `SELECT id AS "ownId", serial, status FROM booking.tickets
     WHERE event_id = $1 AND (id = ANY($2) OR right(id::text, 8) = ANY($3)) ORDER BY id FOR UPDATE`,
    [eventId, ownIds, numbers.map((number) => number.replace('-', '').toLowerCase())],
  )
}

/** The stored ones of these scans, by scan id. */
export async function findScans(
  db: Database,
  { eventId, scanIds }: { eventId: string; scanIds: readonly string[] },
): Promise<ReadonlyMap<string, { ticketId: string; outcome: TicketOutcome }>> {
  const found = await db.query<{ scanId: string; ticketId: string; outcome: TicketOutcome }>(
    `SELECT scan_id AS "scanId", ticket_id AS "ticketId", outcome FROM booking.check_ins
     WHERE event_id = $1 AND scan_id = ANY($2)`,
    [eventId, scanIds],
  )
  return new Map(found.map(({ scanId, ...scan }) => [scanId, scan]))
}

/** How many refused scans of these tickets are stored. */
export function countRefusals(
  db: Database,
  { eventId, ownIds }: { eventId: string; ownIds: readonly string[] },
): Promise<StoredRefusals[]> {
  return db.query<StoredRefusals>(
    `SELECT ticket_id AS "ticketId", let_in AS "letIn", count(*)::int AS count FROM booking.check_ins
     WHERE event_id = $1 AND ticket_id = ANY($2) AND outcome <> 'admitted' GROUP BY ticket_id, let_in`,
    [eventId, ownIds],
  )
}

/**
 * Stores scans of locked tickets, and marks admitted tickets as used. Throws on `check_ins_pkey` if another transaction has just stored one
 * of the scans, and on `one_admission_per_ticket` if a ticket has already entered.
 */
export async function storeScans(
  db: Database,
  stored: {
    eventId: string
    gate: string
    scans: readonly { readonly scan: Scan; readonly ticketId: string; readonly outcome: TicketOutcome }[]
  },
): Promise<void> {
  const { eventId, gate, scans } = stored
  if (scans.length === 0) return
  await db.query(
    `WITH scan AS (
       SELECT * FROM unnest($3::uuid[], $4::uuid[], $5::text[], $6::timestamptz[], $7::boolean[])
         AS scan (id, ticket_id, outcome, at, let_in)),
     used AS (
       UPDATE booking.tickets SET status = 'used' WHERE event_id = $1 AND status = 'valid'
         AND id IN (SELECT ticket_id FROM scan WHERE outcome = 'admitted'))
     INSERT INTO booking.check_ins (event_id, gate, scan_id, ticket_id, outcome, scanned_at, let_in)
     SELECT $1, $2, id, ticket_id, outcome, least(at, now()), let_in FROM scan`,
    [
      eventId,
      gate,
      scans.map(({ scan }) => scan.scanId),
      scans.map(({ ticketId }) => ticketId),
      scans.map(({ outcome }) => outcome),
      scans.map(({ scan }) => scan.scannedAt),
      scans.map(({ scan }) => scan.letIn),
    ],
  )
}

/** Notes that the holders of stored scans were let in after all. */
export async function noteLetIn(
  db: Database,
  { eventId, scanIds }: { eventId: string; scanIds: readonly string[] },
): Promise<void> {
  if (scanIds.length === 0) return
  await db.query(
    'UPDATE booking.check_ins SET let_in = true WHERE event_id = $1 AND scan_id = ANY($2) AND NOT let_in',
    [eventId, scanIds],
  )
}

interface DoorTicketRow {
  readonly ownId: string
  readonly serial: number
  readonly status: ManifestTicket['status']
  readonly place: DoorTicket['place']
  readonly scannedAt: Date | null
  readonly gate: string | null
}

/** Places and entries of the tickets that a query finds, in the order of their ids. */
const placesAndEntries = (tickets: string): string => `
  SELECT ticket.id AS "ownId", ticket.serial, ticket.status, ${ticketPlace} AS place, entry.scanned_at AS "scannedAt", entry.gate
  FROM (${tickets}) AS ticket
  JOIN booking.booking_items AS item ON item.event_id = ticket.event_id AND item.id = ticket.item_id ${joinPlace}
  LEFT JOIN booking.check_ins AS entry
    ON entry.event_id = ticket.event_id AND entry.ticket_id = ticket.id AND entry.outcome = 'admitted'
  ORDER BY ticket.id`

/** Tickets of an event as gates see them, by own id. */
export async function readDoorTickets(
  db: Database,
  { eventId, ownIds }: { eventId: string; ownIds: readonly string[] },
): Promise<ReadonlyMap<string, ManifestTicket>> {
  const rows = await db.query<DoorTicketRow>(
    placesAndEntries('SELECT * FROM booking.tickets WHERE event_id = $1 AND id = ANY($2)'),
    [eventId, ownIds],
  )
  return new Map(rows.map((row) => [row.ownId, toManifestTicket(eventId, row)]))
}

const beforeAll = '00000000-0000-0000-0000-000000000000'

/** Up to `limit` tickets of an event, by own id, after the ticket with own id `afterId`. */
export async function listDoorTickets(
  db: Database,
  { eventId, afterId, limit }: { eventId: string; afterId: string | null; limit: number },
): Promise<ManifestTicket[]> {
  const rows = await db.query<DoorTicketRow>(
    placesAndEntries('SELECT * FROM booking.tickets WHERE event_id = $1 AND id > $2 ORDER BY id LIMIT $3'),
    [eventId, afterId ?? beforeAll, limit],
  )
  return rows.map((row) => toManifestTicket(eventId, row))
}

function toManifestTicket(eventId: string, row: DoorTicketRow): ManifestTicket {
  const { ownId, serial, status, place, scannedAt, gate } = row
  const entered = scannedAt === null || gate === null ? null : { at: scannedAt.toISOString(), gate }
  return { id: publicId({ eventId, ownId }), number: ticketNumberOf(ownId), serial, status, place, entered }
}

/**
 * Scans, aliased `scan`, that let somebody in with a ticket that had its `entry`: double entries, of the event whose id is the first
 * parameter.
 */
export const doubleEntries = `booking.check_ins AS scan JOIN booking.check_ins AS entry
  ON scan.event_id = $1 AND scan.let_in AND scan.outcome <> 'admitted'
    AND entry.event_id = $1 AND entry.ticket_id = scan.ticket_id AND entry.outcome = 'admitted'`

export interface StoredDoubleEntry {
  /** Of the scan that let somebody in again. */
  readonly scanId: string
  readonly doubleEntry: DoubleEntry
}

/** Up to `limit` double entries of an event, those that arrived last first, after the one with scan `afterId`. */
export async function listStoredDoubleEntries(
  db: Database,
  { eventId, afterId, limit }: { eventId: string; afterId: string | null; limit: number },
): Promise<StoredDoubleEntry[]> {
  const rows = await db.query<{
    readonly scanId: string
    readonly ownId: string
    readonly serial: number
    readonly place: DoorTicket['place']
    readonly enteredAt: Date
    readonly enteredGate: string
    readonly at: Date
    readonly gate: string
  }>(
    `SELECT scan.scan_id AS "scanId", ticket.id AS "ownId", ticket.serial, ${ticketPlace} AS place,
       entry.scanned_at AS "enteredAt", entry.gate AS "enteredGate", scan.scanned_at AS at, scan.gate
     FROM ${doubleEntries}
     JOIN booking.tickets AS ticket ON ticket.event_id = $1 AND ticket.id = scan.ticket_id
     JOIN booking.booking_items AS item ON item.event_id = $1 AND item.id = ticket.item_id ${joinPlace}
     WHERE $2::uuid IS NULL OR (scan.received_at, scan.scan_id) < (
       SELECT received_at, scan_id FROM booking.check_ins WHERE event_id = $1 AND scan_id = $2)
     ORDER BY scan.received_at DESC, scan.scan_id DESC LIMIT $3`,
    [eventId, afterId, limit],
  )
  return rows.map(({ scanId, ownId, serial, place, enteredAt, enteredGate, at, gate }) => ({
    scanId,
    doubleEntry: {
      ticket: { id: publicId({ eventId, ownId }), number: ticketNumberOf(ownId), serial, place },
      entered: { at: enteredAt.toISOString(), gate: enteredGate },
      again: { at: at.toISOString(), gate },
    },
  }))
}

export interface TicketCounts {
  readonly admitted: number
  readonly tickets: number
}

/** How many tickets of an event are not void, and how many of these entered. Reads all tickets of the event. */
export function countTickets(db: Database, eventId: string): Promise<TicketCounts> {
  return oneRow<TicketCounts>(
    db,
    `SELECT count(*) FILTER (WHERE status = 'used')::int AS admitted, count(*)::int AS tickets
     FROM booking.tickets WHERE event_id = $1 AND status <> 'void'`,
    [eventId],
  )
}
