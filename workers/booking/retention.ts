import type { Database } from '#shared/database/postgres.ts'
import { addFacts } from '#shared/facts/outbox.ts'
import { oldCommands, oldFacts } from '#shared/retention/common-rules.ts'
import { oldestOf, oldRows, type Removal, type RetentionRule } from '#shared/retention/retention.ts'
import { holdFact, seatFacts } from './facts.ts'
import { freePlaces } from './store/holds.ts'
import {
  deleteEmptySeats,
  deleteHolds,
  deleteRowsOfEvent,
  finishArchiving,
  lockOldHolds,
  lockOldSale,
  lockSaleToArchive,
  oldestEndedHold,
  oldestSale,
  oldestSaleToArchive,
  tablesOfEvent,
} from './store/old-rows.ts'

/** Ended holds with their items, and with bookings that nobody paid for. Remaining places of a hold are released first. */
const holds: RetentionRule = {
  name: 'holds',
  tables: ['booking.holds', 'booking.hold_items', 'booking.bookings'],
  remove: (postgres, { days, limit }) =>
    postgres.transaction(async (db): Promise<Removal> => {
      const old = await lockOldHolds(db, { days, limit })
      if (old.length === 0) return { rows: {}, isMore: false }
      // When the hold ended, places locked by another transaction were skipped.
      const freed = await freePlaces(db, old, { passOver: true })
      const facts = old.flatMap((hold) => {
        const seats = seatFacts(freed.get(hold.ownId) ?? [], 'available')
        const { status, userId } = hold
        const end = { what: status, status, userId, expiresInMs: 0 }
        return seats.length === 0 ? [] : [holdFact(hold, { ...end, seats, areas: [] })]
      })
      await addFacts(db, 'booking', facts)
      const rows = await deleteHolds(db, old)
      // Holds with locked places come up again in the next run, not at once.
      return { rows, isMore: old.length === limit && rows['booking.holds'] === limit }
    }),
  oldest: (db) => oldestOf(db, oldestEndedHold),
}

/** Entries of waiting lists. An open entry stays, however old: it ends with the sale. */
const waitingList = oldRows({
  name: 'waiting-list',
  table: 'booking.waiting_list',
  key: 'event_id, id',
  since: 'ended_at',
  only: 'ended_at IS NOT NULL',
})

/** Places that nobody bought, long after the end of the sale. Sold places stay as part of their bookings. */
const emptyPlaces: RetentionRule = {
  name: 'empty-places',
  tables: ['booking.event_seats', 'booking.event_rows'],
  remove: (postgres, { days, limit }) =>
    postgres.transaction(async (db): Promise<Removal> => {
      const eventId = await lockSaleToArchive(db, days)
      if (eventId === undefined) return { rows: {}, isMore: false }
      const seats = await deleteEmptySeats(db, eventId, limit)
      const lines = seats < limit ? await finishArchiving(db, eventId) : 0
      return { rows: { 'booking.event_seats': seats, 'booking.event_rows': lines }, isMore: true }
    }),
  oldest: (db) => oldestOf(db, oldestSaleToArchive),
}

/** Everything left of an event: its bookings, tickets and sales. The sale is deleted last, so that an interrupted batch is found again. */
const bookings: RetentionRule = {
  name: 'bookings',
  tables: tablesOfEvent.map((table) => `booking.${table}`),
  remove: (postgres, { days, limit }) =>
    postgres.transaction(async (db): Promise<Removal> => {
      const eventId = await lockOldSale(db, days)
      if (eventId === undefined) return { rows: {}, isMore: false }
      return { rows: await deleteSomeOfEvent(db, eventId, limit), isMore: true }
    }),
  oldest: (db) => oldestOf(db, oldestSale),
}

async function deleteSomeOfEvent(db: Database, eventId: string, limit: number): Promise<Record<string, number>> {
  const rows: Record<string, number> = {}
  let room = limit
  for (const table of tablesOfEvent) {
    const deleted = await deleteRowsOfEvent(db, { eventId, table, limit: room })
    rows[`booking.${table}`] = deleted
    room -= deleted
    // This table may have more rows, and the next tables refer to it.
    if (room === 0) break
  }
  return rows
}

export const bookingRetention: readonly RetentionRule[] = [
  oldCommands('booking'),
  oldFacts('booking'),
  holds,
  waitingList,
  emptyPlaces,
  bookings,
]
