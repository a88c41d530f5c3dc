import type { Booking } from '#shared/contracts/bookings.ts'
import type { Database } from '#shared/database/postgres.ts'
import { addFact } from '#shared/facts/outbox.ts'
import type { Key } from '#shared/ids.ts'
import { areaNosOf, bookingFact, seatFacts } from './facts.ts'
import { returnAreaPlaces } from './store/areas.ts'
import { cancelBooking } from './store/bookings.ts'
import { logSale } from './store/sale-log.ts'
import { freeSeats, type VoidedItem, voidTickets } from './store/tickets.ts'

export interface Voiding {
  readonly booking: Key
  /** Own ids of locked tickets that are not void. */
  readonly ticketIds: readonly string[]
  /** Whether the booking then has no tickets left. */
  readonly isAll: boolean
  readonly reason: NonNullable<Booking['cancelled_for']>
  /** Whether the event takes place, so that the places can be sold again. */
  readonly sellAgain: boolean
  readonly requestId: string
}

/** Voids tickets of a locked booking, frees their places and logs it. Returns their price in minor units. */
export async function voidAndFree(db: Database, voiding: Voiding): Promise<number> {
  const { booking, reason, isAll } = voiding
  const items = await voidTickets(db, { eventId: booking.eventId, ticketIds: voiding.ticketIds })
  const state = voiding.sellAgain ? 'available' : 'blocked'
  const seats = await freeSeats(db, { booking, seatNos: items.flatMap(({ seatNo }) => seatNo ?? []), state })
  const areaPlaces = items.flatMap(areaPlace)
  await returnAreaPlaces(db, booking.eventId, areaPlaces)
  if (isAll) await cancelBooking(db, booking, reason)
  const amountMinor = items.reduce((sum, { priceMinor }) => sum + priceMinor, 0)
  const { requestId } = voiding
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
