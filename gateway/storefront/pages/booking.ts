import { z } from 'zod'
import { viewBooking } from '#shared/contracts/bookings.ts'
import { viewEvent } from '#shared/contracts/event.ts'
import { bookingId } from '#shared/contracts/fields.ts'
import { type BookingPageState, bookingPage } from '../views/booking-page.ts'
import { shownEvent } from '../views/shown-event.ts'
import { definePage } from './page.ts'

export const bookingDetailsPage = definePage({
  path: '/shop/bookings/:booking_id',
  access: 'personal',
  parameters: z.object({ booking_id: bookingId }),
  async load({ booking_id }, { call, read }) {
    const booking = await call(viewBooking, { booking_id })
    return { booking, event: await read(viewEvent, { event_id: booking.event_id }) }
  },
  view({ booking, event }, { language }) {
    const state: BookingPageState = {
      booking,
      event: shownEvent(event),
      mayReturn: mayReturn(event.sale.cancel_until),
      chosen: [],
      isReturning: false,
      outcome: null,
      language,
    }
    return { title: event.name, current: 'bookings', body: bookingPage(state), script: 'booking-page.ts', state }
  },
})

/** Whether tickets can still be returned. The worker checks again. */
export function mayReturn(cancelUntil: string | null): boolean {
  return cancelUntil !== null && Date.parse(cancelUntil) > Date.now()
}
