import type { Booking } from '#shared/contracts/bookings.ts'
import type { Database } from '#shared/database/postgres.ts'
import { addFact } from '#shared/facts/outbox.ts'
import type { Key } from '#shared/ids.ts'
import { areaNosOf, bookingFact, seatFacts } from './facts.ts'
import { returnAreaPlaces } from './store/areas.ts'
import { cancelBooking } from './store/bookings.ts'
import { logSale } from './store/sale-log.ts'
import { takeSeatsBack, type VoidedItem, voidTickets } from './store/tickets.ts'

export interface TakingBack {
  readonly booking: Key
  /** Own ids of locked tickets that are not void. */
  readonly ticketIds: readonly string[]
  /** Whether the booking has no tickets left then. */
  readonly isAll: boolean
  readonly reason: NonNullable<Booking['cancelled_for']>
  /** Whether the event takes place, so that the places may be sold again. */
  readonly sellAgain: boolean
  readonly requestId: string
}

/** Makes tickets of a locked booking void, gives their places back and writes that down. Answers what they had cost. */
export async function takeTicketsBack(db: Database, back: TakingBack): Promise<number> {
  const { booking, reason, isAll } = back
  const items = await voidTickets(db, { eventId: booking.eventId, ticketIds: back.ticketIds })
  const state = back.sellAgain ? 'available' : 'blocked'
  const seats = await takeSeatsBack(db, { booking, seatNos: items.flatMap(({ seatNo }) => seatNo ?? []), state })
  const areaPlaces = items.flatMap(areaPlace)
  await returnAreaPlaces(db, booking.eventId, areaPlaces)
  if (isAll) await cancelBooking(db, booking, reason)
  const amountMinor = items.reduce((sum, { priceMinor }) => sum + priceMinor, 0)
  const { requestId } = back
  await logSale(db, { booking, what: 'returned', origin: reason, places: items.length, amountMinor, requestId })
  const fact = bookingFact(booking, {
    ...(isAll
      ? ({ what: 'cancelled', status: 'cancelled' } as const)
      : ({ what: 'partly-cancelled', status: 'confirmed' } as const)),
    seats: seatFacts(seats, state),
    areas: areaNosOf(areaPlaces),
    reason,
  })
  await addFact(db, 'booking', fact)
  return amountMinor
}

function areaPlace({ areaNo, shard }: VoidedItem): { areaNo: number; shard: number; qty: number }[] {
  return areaNo === null || shard === null ? [] : [{ areaNo, shard, qty: 1 }]
}
