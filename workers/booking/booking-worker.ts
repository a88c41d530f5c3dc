import { join } from 'node:path'
import type { z } from 'zod'
import type { WorkerDefinition } from '#shared/worker.ts'
import { bookingSettings } from './config.ts'
import { beginPayment } from './operations/begin-payment.ts'
import { confirmHold } from './operations/confirm-hold.ts'
import { holdSeats } from './operations/hold-seats.ts'
import { listBookings } from './operations/list-bookings.ts'
import { listSeats } from './operations/list-seats.ts'
import { recordPayment } from './operations/record-payment.ts'
import { releaseHold } from './operations/release-hold.ts'
import { returnHold } from './operations/return-hold.ts'
import { setSale } from './operations/set-sale.ts'
import { stockEvent } from './operations/stock-event.ts'
import { viewAvailability } from './operations/view-availability.ts'
import { viewBooking } from './operations/view-booking.ts'
import { viewHold } from './operations/view-hold.ts'
import { viewSeatStates } from './operations/view-seat-states.ts'
import { startSweeper } from './sweeper.ts'

/** Sells seats: stock, holds, bookings and tickets. */
export const bookingWorker: WorkerDefinition<typeof bookingSettings> = {
  worker: 'booking',
  settings: bookingSettings,
  migrationsDirectory: join(import.meta.dirname, 'migrations'),
  operations(parts, config: z.output<typeof bookingSettings>, onStop) {
    if (config.SWEEPER === 'on') onStop('sweeper', startSweeper(parts))
    return [
      stockEvent(parts, { holdTtlMs: config.HOLD_TTL_MS }),
      setSale(parts),
      holdSeats(parts),
      viewHold(parts),
      releaseHold(parts),
      listSeats(parts),
      viewSeatStates(parts),
      viewAvailability(parts),
      beginPayment(parts, { paymentWindowMs: config.PAYMENT_WINDOW_MS }),
      returnHold(parts),
      confirmHold(parts),
      recordPayment(parts),
      listBookings(parts),
      viewBooking(parts),
    ]
  },
}
