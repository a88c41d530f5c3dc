import { join } from 'node:path'
import type { z } from 'zod'
import { startOutboxRelay } from '#shared/facts/relay.ts'
import type { WorkerDefinition } from '#shared/process/worker.ts'
import { queuePasses } from '#shared/queue-pass.ts'
import { startRetention } from '#shared/retention/retention.ts'
import { listDoubleEntries } from './check-in/list-double-entries.ts'
import { recordScans } from './check-in/record-scans.ts'
import { viewManifest } from './check-in/view-manifest.ts'
import { bookingSettings } from './config.ts'
import { BookingMetrics } from './metrics.ts'
import { abandonHold } from './operations/abandon-hold.ts'
import { beginPayment } from './operations/begin-payment.ts'
import { cancelTickets } from './operations/cancel-tickets.ts'
import { changeHold } from './operations/change-hold.ts'
import { confirmHold } from './operations/confirm-hold.ts'
import { eraseBuyer } from './operations/erase-buyer.ts'
import { exportBuyer } from './operations/export-buyer.ts'
import { holdSeats } from './operations/hold-seats.ts'
import { listBookings } from './operations/list-bookings.ts'
import { listReports } from './operations/list-reports.ts'
import { listSales } from './operations/list-sales.ts'
import { listSeats } from './operations/list-seats.ts'
import { listTickets } from './operations/list-tickets.ts'
import { recordPayment } from './operations/record-payment.ts'
import { recordRefund } from './operations/record-refund.ts'
import { releaseHold } from './operations/release-hold.ts'
import { returnHold } from './operations/return-hold.ts'
import { revokeBooking } from './operations/revoke-booking.ts'
import { setSale } from './operations/set-sale.ts'
import { stockEvent } from './operations/stock-event.ts'
import { transferTicket } from './operations/transfer-ticket.ts'
import { viewAreas } from './operations/view-areas.ts'
import { viewAvailability } from './operations/view-availability.ts'
import { viewBooking } from './operations/view-booking.ts'
import { viewHold } from './operations/view-hold.ts'
import { viewReport } from './operations/view-report.ts'
import { viewSeatStates } from './operations/view-seat-states.ts'
import { viewSeatVersions } from './operations/view-seat-versions.ts'
import { viewTicket } from './operations/view-ticket.ts'
import { viewTicketKeys } from './operations/view-ticket-keys.ts'
import { bookingRetention } from './retention.ts'
import { startRushFilter } from './rush-filter/rush-filter.ts'
import { SoldShares } from './sold-shares.ts'
import { startSweeper } from './sweeper.ts'
import { Batches } from './taking/batches.ts'
import { TicketCodes } from './ticket-codes.ts'
import { joinWaitingList } from './waiting-list/join-waiting-list.ts'
import { leaveWaitingList } from './waiting-list/leave-waiting-list.ts'
import { listWaitingEntries } from './waiting-list/list-waiting-entries.ts'
import { WaitingListMetrics } from './waiting-list/metrics.ts'
import { offerPlaces } from './waiting-list/offer-places.ts'
import { OneAtATime } from './waiting-list/one-at-a-time.ts'
import { viewWaitingEntry } from './waiting-list/view-waiting-entry.ts'

/** Sells seats: stock, holds, bookings and tickets. */
export const bookingWorker: WorkerDefinition<typeof bookingSettings> = {
  worker: 'booking',
  settings: bookingSettings,
  migrationsDirectory: join(import.meta.dirname, 'migrations'),
  operations(parts, config: z.output<typeof bookingSettings>, onStop) {
    onStop('outbox relay', startOutboxRelay({ ...parts, schema: 'booking' }))
    onStop('retention', startRetention(parts, config.RETENTION_DAYS, bookingRetention))
    const shares = new SoldShares()
    const metrics = new BookingMetrics(parts.metrics)
    const batches = new Batches({ ...parts, shares, metrics })
    const offering = { ...parts, shares, metrics: new WaitingListMetrics(parts.metrics), offerMs: config.OFFER_TTL_MS }
    const turns = new OneAtATime()
    if (config.SWEEPER === 'on')
      onStop(
        'sweeper',
        startSweeper(parts, () => offerPlaces(offering)),
      )
    const filter = startRushFilter(parts, config, onStop)
    const { WAITING_ROOM_SECRET: secret } = config
    const verifyPass = secret === undefined ? undefined : queuePasses(secret).verify
    const codes = new TicketCodes(config.TICKET_KEYS)
    if (config.TICKET_KEYS.length === 0) parts.log.warn('TICKET_KEYS is empty: tickets cannot be shown')
    const operations = [
      stockEvent(parts, { holdTtlMs: config.HOLD_TTL_MS }),
      setSale(parts),
      holdSeats({ ...parts, batches, filter, verifyPass, metrics }),
      viewHold(parts),
      changeHold({ ...parts, batches, verifyPass }),
      releaseHold(parts),
      abandonHold(parts),
      listSeats({ ...parts, shares }),
      viewSeatStates(parts),
      viewSeatVersions(parts),
      viewAreas(parts),
      viewAvailability({ ...parts, shares }),
      beginPayment(parts, { paymentWindowMs: config.PAYMENT_WINDOW_MS }),
      returnHold(parts),
      confirmHold({ ...parts, metrics }),
      recordPayment(parts),
      revokeBooking({ ...parts, metrics }),
      cancelTickets({ ...parts, metrics }),
      recordRefund(parts),
      listBookings(parts),
      viewBooking(parts),
      listSales(parts),
      viewReport(parts),
      listReports(parts),
      viewTicket({ ...parts, codes }),
      listTickets({ ...parts, codes }),
      transferTicket(parts),
      viewTicketKeys({ codes }),
      recordScans({ ...parts, codes, metrics }),
      viewManifest(parts),
      listDoubleEntries(parts),
      joinWaitingList({ ...parts, turns, verifyPass }),
      viewWaitingEntry(parts),
      listWaitingEntries(parts),
      leaveWaitingList({ ...parts, turns }),
      exportBuyer(parts),
    ]
    return [...operations, eraseBuyer({ ...parts, operations: operations.map(({ contract }) => contract.operation) })]
  },
}
