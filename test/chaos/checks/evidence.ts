import type { Database } from '#shared/database/postgres.ts'
import { parsePublicId } from '#shared/ids.ts'
import { acknowledgement, type History } from '../history.ts'

/** What was broken, by the history's clock. */
export interface FaultTime {
  readonly kind: string
  readonly target: string
  readonly touches: readonly string[]
  readonly from: number
  readonly to: number
}

/** What two sides say, the buyers and our database, and what was done to them. The auditor compares the database with the provider. */
export interface Evidence {
  readonly history: History
  readonly db: Database
  readonly faults: readonly FaultTime[]
}

/** Answers what is wrong, one line each; nothing when all is well. */
export type Check = (evidence: Evidence) => Promise<string[]> | string[]

/** What a buyer was answered with 201, and later about cancelled tickets. */
export interface AcknowledgedPurchase {
  readonly userId: string
  readonly eventId: string
  /** The booking's own id. */
  readonly bookingId: string
  readonly totalMinor: number
  /** How many there were, and how many of them were cancelled. */
  readonly tickets: number
  readonly voided: number
  readonly seatNos: readonly number[]
}

/** Each booking once, however often it was answered. */
export function acknowledgedPurchases(history: History): AcknowledgedPurchase[] {
  const voided = voidedTickets(history)
  const purchases = new Map<string, AcknowledgedPurchase>()
  for (const command of history.purchases()) {
    const told = acknowledgement(command)
    const id = parsePublicId(told?.id ?? '')
    if (told?.id === undefined || id === null) continue
    purchases.set(`${command.userId} ${told.id}`, {
      userId: command.userId,
      eventId: id.eventId,
      bookingId: id.ownId,
      totalMinor: told.total_minor ?? 0,
      tickets: told.tickets?.length ?? 0,
      voided: voided.get(told.id) ?? 0,
      seatNos: (told.places ?? []).flatMap(({ seat_no }) => (seat_no === undefined ? [] : [seat_no])),
    })
  }
  return [...purchases.values()]
}

/** By public id of the booking: what answers to cancellations called void. A 202 counts, its money follows. */
function voidedTickets(history: History): Map<string, number> {
  const voided = new Map<string, number>()
  for (const { entries } of history.cancellations()) {
    for (const { outcome } of entries) {
      if (outcome.kind !== 'answer' || outcome.status >= 300) continue
      const { id = '', tickets = [] } = outcome.body
      const count = tickets.filter(({ status }) => status === 'void').length
      voided.set(id, Math.max(count, voided.get(id) ?? 0))
    }
  }
  return voided
}
