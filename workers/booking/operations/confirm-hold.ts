import type { ReplyOf } from '#shared/contracts/contract.ts'
import { confirmHold as contract, type LossReason } from '#shared/contracts/payment-steps.ts'
import { type Database, type Postgres, violatesUnique } from '#shared/database/postgres.ts'
import { addFact, addFacts } from '#shared/facts/outbox.ts'
import { type Key, keyOf } from '#shared/ids.ts'
import { type Operation, operation } from '#shared/messaging/serve.ts'
import { sellAreaPlaces } from '../areas/sell-area-places.ts'
import { bookingFact, holdFact, noPlaces, seatFacts } from '../facts.ts'
import { endAndPublish } from '../hold-ends.ts'
import type { BookingMetrics } from '../metrics.ts'
import { noSuchBooking } from '../refusals.ts'
import { hasEnded } from '../sale.ts'
import {
  type BookingOrigin,
  type BookingState,
  confirmBooking,
  failBooking,
  findBookingOrigin,
  lockBooking,
} from '../store/bookings.ts'
import { type Buyer, findTicketsInUse, lockBuyer } from '../store/buyers.ts'
import { convertHold, type LockedHold, lockHold } from '../store/holds.ts'
import { logSale } from '../store/sale-log.ts'
import { findSale, preventCancelling } from '../store/sales.ts'
import { lockSellableSeats } from '../store/seats.ts'
import { issueTickets, sellSeats } from '../store/tickets.ts'

type Reply = ReplyOf<typeof contract>

interface Confirmation extends BookingOrigin {
  readonly booking: Key
  readonly requestId: string
}

/**
 * Sells the places of a hold, even after the hold expired, unless somebody else took them, the sale has ended or the buyer's limit forbids
 * it: the money is reserved, and the buyer wants tickets for it. For a cancelled event nothing is sold. A repetition gets the same outcome,
 * but without the reason.
 */
export function confirmHold({ postgres, metrics }: { postgres: Postgres; metrics: BookingMetrics }): Operation {
  return operation(contract, async ({ booking_id }, { log, requestId }) => {
    const booking = keyOf(booking_id)
    const origin = await findBookingOrigin(postgres, booking)
    if (origin === undefined) throw noSuchBooking()
    const confirmation = { ...origin, booking, requestId }
    try {
      const { soldPlaces, ...reply } = await postgres.transaction((db) => confirm(db, confirmation))
      metrics.sold(soldPlaces)
      return reply
    } catch (error) {
      if (!violatesUnique(error, 'seat_sold_once')) throw error
      log.error({ err: error, booking_id }, 'a seat that looked free was sold: the last fence held')
      return await postgres.transaction((db) => lose(db, confirmation, 'seats_taken'))
    }
  })
}

async function confirm(db: Database, confirmation: Confirmation): Promise<Reply & { soldPlaces: number }> {
  const { booking, hold: key, userId } = confirmation
  const buyer = { eventId: booking.eventId, userId }
  await preventCancelling(db, booking.eventId)
  await lockBuyer(db, buyer)
  const hold = await lockHold(db, key)
  const known = await lockBooking(db, booking)
  if (hold === undefined || known === undefined) throw new Error(`booking ${booking.ownId} vanished`)
  switch (known.status) {
    case 'confirmed':
    case 'cancelled':
      return { outcome: 'CONFIRMED', soldPlaces: 0 }
    case 'failed':
      return { outcome: 'LOST', soldPlaces: 0 }
    case 'pending':
    case 'expired': {
      const objection = await objectionToSelling(db, { hold, known, buyer })
      const isSold = objection === null && (await sell(db, confirmation, { hold, known }))
      if (isSold) return { outcome: 'CONFIRMED', soldPlaces: hold.placeCount }
      return { ...(await lose(db, confirmation, objection ?? 'seats_taken')), soldPlaces: 0 }
    }
  }
}

/**
 * Why the places must not be sold. An ended hold no longer counts against its buyer's limit, so the buyer may have got other places since.
 */
async function objectionToSelling(
  db: Database,
  { hold, known, buyer }: { hold: LockedHold; known: BookingState; buyer: Buyer },
): Promise<LossReason | null> {
  // A hold that is being paid for must not change. If it did, its places must not be sold for the price of others.
  if (hold.totalMinor !== known.totalMinor) return 'hold_changed'
  const sale = await findSale(db, buyer.eventId)
  if (sale === undefined || sale.status === 'cancelled') return 'event_cancelled'
  if (hold.status === 'released') return 'hold_changed'
  // Places held before the end of the sale can be paid for while their hold lasts. After the event has begun, an expired hold is not
  // rescued.
  if (hold.status === 'expired' && hasEnded(sale, sale.now)) return 'hold_changed'
  if (!hold.ended) return null
  const [inUse] = await findTicketsInUse(db, [buyer])
  const places = (inUse?.liveTickets ?? 0) + (inUse?.liveHold?.places ?? 0) + hold.placeCount
  return places <= sale.maxTicketsPerUser ? null : 'ticket_limit'
}

/** Returns whether all places were still available. If not, nothing has changed that ending the hold would not also change. */
async function sell(
  db: Database,
  { booking, hold: key, userId, requestId }: Confirmation,
  { hold, known }: { hold: LockedHold; known: BookingState },
): Promise<boolean> {
  const { seatNos, areaNos, placeCount: places } = hold
  const sellable = await lockSellableSeats(db, { hold: key, seatNos })
  if (sellable.length < seatNos.length || !(await sellAreaPlaces(db, key))) return false
  const seats = await sellSeats(db, { booking, seatNos })
  await issueTickets(db, { booking, hold: key, places })
  await confirmBooking(db, booking)
  await convertHold(db, key)
  const origin = hold.status === 'expired' ? 'rescue' : 'purchase'
  await logSale(db, { booking, what: 'sold', origin, places, amountMinor: known.totalMinor, requestId })
  await addFacts(db, 'booking', [
    holdFact(key, { what: 'converted', status: 'converted', userId, expiresInMs: 0, ...noPlaces }),
    bookingFact(booking, {
      what: 'confirmed',
      status: 'confirmed',
      seats: seatFacts(seats, 'sold'),
      areas: areaNos,
      reason: origin,
      passId: hold.passId,
    }),
  ])
  return true
}

async function lose(db: Database, { booking, hold: key }: Confirmation, reason: LossReason): Promise<Reply> {
  const hold = await lockHold(db, key)
  if (hold?.ended === false) await endAndPublish(db, [key], 'expired')
  await failBooking(db, booking)
  await addFact(db, 'booking', bookingFact(booking, { what: 'failed', status: 'failed', ...noPlaces, reason: null }))
  return { outcome: 'LOST', reason }
}
