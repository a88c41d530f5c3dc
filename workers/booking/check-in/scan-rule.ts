import type { ScanOutcome } from '#shared/contracts/check-in.ts'
import { ticketNumberOf } from '#shared/scans.ts'

/** What the code of a scan names, as far as it can be read without the database. */
export type ReadCode =
  /** A genuine code of the event. `serial`: that of the code, which an earlier holder may show. */
  | { readonly kind: 'ticket'; readonly ownId: string; readonly serial: number }
  /** A ticket number. It stays the same when the ticket changes hands. */
  | { readonly kind: 'number'; readonly number: string }
  | { readonly kind: 'other_event' }
  | { readonly kind: 'unknown' }

export interface Scan {
  readonly scanId: string
  readonly code: ReadCode
  /** RFC 3339, by the clock of the device. */
  readonly scannedAt: string
  /** The device has let the holder in already, because it had no connection. */
  readonly letIn: boolean
}

/** Outcomes of scans that name a ticket of the event. */
export type TicketOutcome = Exclude<ScanOutcome, 'other_event' | 'unknown'>

export interface TicketAtDoor {
  readonly ownId: string
  readonly serial: number
  readonly status: 'valid' | 'used' | 'void'
}

/** How many refused scans of a ticket are stored: of people who had been let in, or who were turned away. */
export interface StoredRefusals {
  readonly ticketId: string
  readonly letIn: boolean
  readonly count: number
}

export interface SeenAtDoor {
  /** Every ticket that a scan names. */
  readonly tickets: readonly TicketAtDoor[]
  readonly refusals: readonly StoredRefusals[]
  /** Stored scans by their id. */
  readonly stored: ReadonlyMap<string, { readonly ticketId: string; readonly outcome: TicketOutcome }>
  readonly isEventCancelled: boolean
}

/** `ticketId` null: the scan names no ticket of the event. */
export type JudgedScan = { readonly scan: Scan; readonly isNew: boolean; readonly isToStore: boolean } & (
  | { readonly ticketId: string; readonly outcome: TicketOutcome }
  | { readonly ticketId: null; readonly outcome: 'other_event' | 'unknown' }
)

/**
 * Most refused scans of a ticket that are stored, and as many of people who had been let in: enough to see what happened, and no more rows
 * however long somebody tries. Those who are turned away leave room for double entries. A refusal that is not stored is judged anew when its scan is sent again, and refused again: no ticket becomes valid once more.
 */
export const maxStoredRefusals = 20

/**
 * Judges scans in their order. A stored scan keeps its outcome. The first scan of a valid ticket admits it. A number that two tickets share
 * is unknown.
 */
export function judgeScans(scans: readonly Scan[], seen: SeenAtDoor): JudgedScan[] {
  const entered = new Set<string>()
  const kindOf = (ticketId: string, letIn: boolean): string => `${ticketId} ${letIn}`
  const refusals = new Map(seen.refusals.map(({ ticketId, letIn, count }) => [kindOf(ticketId, letIn), count]))
  return scans.map((scan): JudgedScan => {
    const first = seen.stored.get(scan.scanId)
    if (first !== undefined) return { scan, ...first, isNew: false, isToStore: false }
    const ticket = ticketOf(scan.code, seen.tickets)
    if (ticket === undefined) {
      const outcome = scan.code.kind === 'other_event' ? 'other_event' : 'unknown'
      return { scan, ticketId: null, outcome, isNew: true, isToStore: false }
    }
    const { ownId: ticketId } = ticket
    const serial = scan.code.kind === 'ticket' ? scan.code.serial : null
    const status = entered.has(ticketId) ? 'used' : ticket.status
    const outcome = outcomeOf({ ...ticket, status }, { serial, isEventCancelled: seen.isEventCancelled })
    if (outcome === 'admitted') {
      entered.add(ticketId)
      return { scan, ticketId, outcome, isNew: true, isToStore: true }
    }
    const kind = kindOf(ticketId, scan.letIn)
    const refused = (refusals.get(kind) ?? 0) + 1
    refusals.set(kind, refused)
    return { scan, ticketId, outcome, isNew: true, isToStore: refused <= maxStoredRefusals }
  })
}

function ticketOf(code: ReadCode, tickets: readonly TicketAtDoor[]): TicketAtDoor | undefined {
  switch (code.kind) {
    case 'ticket':
      return tickets.find(({ ownId }) => ownId === code.ownId)
    case 'number': {
      const [ticket, other] = tickets.filter(({ ownId }) => ticketNumberOf(ownId) === code.number)
      return other === undefined ? ticket : undefined
    }
    case 'other_event':
    case 'unknown':
      return undefined
  }
}

/** A ticket may enter before its payment is captured: its buyer was told that it is bought. */
function outcomeOf(
  ticket: TicketAtDoor,
  { serial, isEventCancelled }: { serial: number | null; isEventCancelled: boolean },
): TicketOutcome {
  if (isEventCancelled || ticket.status === 'void') return 'void'
  if (serial !== null && serial < ticket.serial) return 'replaced'
  return ticket.status === 'used' ? 'already_admitted' : 'admitted'
}
