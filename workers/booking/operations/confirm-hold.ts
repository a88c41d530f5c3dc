import { confirmHold as contract } from '#shared/contracts/booking.ts'
import type { ReplyOf } from '#shared/contracts/contract.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { type Database, type Postgres, violatesUnique } from '#shared/postgres.ts'
import { type Key, keyOf } from '../keys.ts'
import { noSuchBooking } from '../refusals.ts'
import { type BookingOrigin, failBooking, findBookingOrigin, lockBooking, sellSeats } from '../store/bookings.ts'
import { type Buyer, findPossessions, lockBuyer } from '../store/buyers.ts'
import { convertHold, endHolds, type LockedHold, lockHold } from '../store/holds.ts'
import { findSale } from '../store/sales.ts'
import { lockSellableSeats } from '../store/seats.ts'

type Outcome = ReplyOf<typeof contract>['outcome']

interface Confirmation extends BookingOrigin {
  readonly booking: Key
}

/**
 * Sells the seats although the hold ran out, as long as nobody else took them and the buyer's limit allows it: the money
 * is there, and a ticket is what it was meant for. Repeating it answers the same.
 */
export function confirmHold({ postgres }: { postgres: Postgres }): Operation {
  return operation(contract, async ({ booking_id }, { log }) => {
    const booking = keyOf(booking_id)
    const origin = await findBookingOrigin(postgres, booking)
    if (origin === undefined) throw noSuchBooking()
    const confirmation = { ...origin, booking }
    try {
      return { outcome: await postgres.transaction((db) => confirm(db, confirmation)) }
    } catch (error) {
      if (!violatesUnique(error, 'seat_sold_once')) throw error
      log.error({ err: error, booking_id }, 'a seat that looked free is sold: the last fence held')
      return { outcome: await postgres.transaction((db) => lose(db, confirmation)) }
    }
  })
}

async function confirm(db: Database, confirmation: Confirmation): Promise<Outcome> {
  const { booking, hold: key, userId } = confirmation
  const buyer = { eventId: booking.eventId, userId }
  await lockBuyer(db, buyer)
  const hold = await lockHold(db, key)
  const known = await lockBooking(db, booking)
  if (hold === undefined || known === undefined) throw new Error(`booking ${booking.ownId} vanished`)
  switch (known.status) {
    case 'confirmed':
    case 'cancelled':
      return 'CONFIRMED'
    case 'failed':
      return 'LOST'
    case 'pending':
    case 'expired': {
      const { seatNos } = hold
      const sellable = await lockSellableSeats(db, { hold: key, seatNos })
      const lost = hold.status === 'released' || sellable.length < seatNos.length
      if (lost || (await isBeyondLimit(db, hold, buyer))) return lose(db, confirmation)
      await sellSeats(db, { booking, hold: key, seatNos })
      await convertHold(db, key)
      return 'CONFIRMED'
    }
  }
}

/** An ended hold no longer counts against its buyer's limit, so the buyer may have got other seats since. */
async function isBeyondLimit(db: Database, hold: LockedHold, buyer: Buyer): Promise<boolean> {
  if (!hold.ended) return false
  const { liveHold, liveTickets } = await findPossessions(db, buyer)
  const sale = await findSale(db, buyer.eventId)
  const places = liveTickets + (liveHold?.places ?? 0) + hold.seatNos.length
  return sale === undefined || places > sale.maxTicketsPerUser
}

async function lose(db: Database, { booking, hold: key }: Confirmation): Promise<Outcome> {
  const hold = await lockHold(db, key)
  if (hold?.ended === false) await endHolds(db, [key], 'expired')
  await failBooking(db, booking)
  return 'LOST'
}
