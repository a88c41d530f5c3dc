import type { CarriedTicket } from '#shared/contracts/tickets.ts'
import type { Database } from '#shared/database/postgres.ts'
import { type Key, publicId } from '#shared/ids.ts'
import { ticketNumberOf } from '#shared/scans.ts'
import { joinPlace, ticketPlace } from './conditions.ts'

/* SQL about tickets and their holders. Before a ticket changes hands, its booking is locked. */

/** The place to which a ticket admits. */
type TicketPlace =
  | { readonly seat_no: number; readonly section: string; readonly row: string; readonly label: string }
  | { readonly area: string }

/** A ticket without its code, and who may see it. */
export interface StoredTicket {
  readonly ticket: Pick<CarriedTicket, 'id' | 'event_id' | 'number' | 'serial' | 'status'> & TicketPlace
  readonly booking: Key
  readonly buyerId: string
  /** The user who may enter with it. */
  readonly holderId: string
}

interface TicketRow {
  readonly event_id: string
  readonly id: string
  readonly booking_id: string
  readonly buyer_id: string
  readonly holder_id: string
  readonly serial: number
  readonly status: CarriedTicket['status']
  readonly place: TicketPlace
}

const selectTickets = `
  SELECT ticket.event_id, ticket.id, ticket.booking_id, booking.user_id AS buyer_id,
    coalesce(ticket.holder_id, booking.user_id) AS holder_id, ticket.serial, ticket.status,
    ${ticketPlace} AS place
  FROM booking.tickets AS ticket
  JOIN booking.bookings AS booking ON booking.event_id = ticket.event_id AND booking.id = ticket.booking_id
  JOIN booking.booking_items AS item ON item.event_id = ticket.event_id AND item.id = ticket.item_id ${joinPlace}`

/** A ticket without its code; undefined if there is none. */
export async function readTicket(db: Database, { eventId, ownId }: Key): Promise<StoredTicket | undefined> {
  const [row] = await db.query<TicketRow>(`${selectTickets} WHERE ticket.event_id = $1 AND ticket.id = $2`, [
    eventId,
    ownId,
  ])
  return row && toStoredTicket(row)
}

/** Up to `limit` tickets that others passed on to a user, newest first, after the ticket with own id `beforeId`. */
export async function listTicketsPassedOnTo(
  db: Database,
  { userId, beforeId, limit }: { userId: string; beforeId: string | null; limit: number },
): Promise<StoredTicket[]> {
  const rows = await db.query<TicketRow>(
    `${selectTickets} WHERE ticket.holder_id = $1 AND ($2::uuid IS NULL OR ticket.id < $2)
     ORDER BY ticket.id DESC LIMIT $3`,
    [userId, beforeId, limit],
  )
  return rows.map(toStoredTicket)
}

/** Gives a ticket of a locked booking to another holder; null for its buyer. Returns its new serial. */
export async function setHolder(db: Database, { eventId, ownId }: Key, holderId: string | null): Promise<number> {
  const [changed] = await db.query<{ serial: number }>(
    `UPDATE booking.tickets SET holder_id = $3, serial = serial + 1 WHERE event_id = $1 AND id = $2 RETURNING serial`,
    [eventId, ownId, holderId],
  )
  if (changed === undefined) throw new Error(`ticket ${ownId} is gone, though its booking is locked`)
  return changed.serial
}

function toStoredTicket(row: TicketRow): StoredTicket {
  const { event_id: eventId, id: ownId, serial, status } = row
  const id = publicId({ eventId, ownId })
  return {
    ticket: { id, event_id: eventId, number: ticketNumberOf(ownId), serial, status, ...row.place },
    booking: { eventId, ownId: row.booking_id },
    buyerId: row.buyer_id,
    holderId: row.holder_id,
  }
}
