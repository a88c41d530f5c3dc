import ical, { ICalEventStatus } from 'ical-generator'
import { z } from 'zod'
import { type Booking, viewBooking } from '#shared/contracts/bookings.ts'
import type { ReplyOf } from '#shared/contracts/contract.ts'
import { viewEvent } from '#shared/contracts/event.ts'
import { bookingId } from '#shared/contracts/fields.ts'
import { placeName } from '../views/place-name.ts'
import { shownEvent } from '../views/shown-event.ts'
import { definePage } from './page.ts'

export const calendarFile = definePage({
  path: '/shop/bookings/:booking_id/calendar.ics',
  access: 'personal',
  parameters: z.object({ booking_id: bookingId }),
  async load({ booking_id }, { call, read }) {
    const booking = await call(viewBooking, { booking_id })
    return { booking, event: await read(viewEvent, { event_id: booking.event_id }) }
  },
  view: ({ booking, event }) => ({ type: 'text/calendar; charset=utf-8', text: calendarOf(booking, event) }),
})

/**
 * A booking as a calendar file (RFC 5545). The start is an instant, which every calendar shows in its own zone, or the whole day if the
 * time is not announced. There is no end, because the length of events is unknown.
 */
function calendarOf(booking: Pick<Booking, 'id' | 'status' | 'tickets'>, event: ReplyOf<typeof viewEvent>): string {
  const { where } = shownEvent(event)
  const isCancelled = booking.status === 'cancelled' || event.status === 'cancelled'
  const places = booking.tickets.filter(({ status }) => status !== 'void').map(placeName)
  const calendar = ical({ prodId: '//ticketing//bookings//EN' })
  calendar.createEvent({
    id: booking.id,
    summary: event.name,
    ...(event.starts_at === null
      ? { start: new Date(`${event.starts_on}T00:00:00Z`), allDay: true }
      : { start: new Date(event.starts_at) }),
    ...(where !== null && { location: where }),
    description: places.join('\n'),
    status: isCancelled ? ICalEventStatus.CANCELLED : ICalEventStatus.CONFIRMED,
  })
  return calendar.toString()
}
