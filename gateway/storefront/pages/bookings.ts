import { z } from 'zod'
import { listBookings } from '#shared/contracts/bookings.ts'
import { viewEvent } from '#shared/contracts/event.ts'
import { cursor } from '#shared/contracts/fields.ts'
import { listTickets } from '#shared/contracts/tickets.ts'
import { listWaitingEntries } from '#shared/contracts/waiting-list.ts'
import { TicketingError } from '#shared/errors.ts'
import { bookingsPage } from '../views/bookings-page.ts'
import { type ShownEvent, shownEvent } from '../views/shown-event.ts'
import * as bookingWords from '../views/words/booking.ts'
import { definePage, type PersonalLoad } from './page.ts'

export const myBookingsPage = definePage({
  path: '/shop/bookings',
  access: 'personal',
  // `cursor`: of earlier bookings; `tickets`: of earlier tickets that others passed on. Without either all kinds are shown, newest first.
  parameters: z.object({ cursor: cursor.optional(), tickets: cursor.optional() }),
  async load({ cursor: bookingsFrom, tickets: ticketsFrom }, context) {
    const isFirst = bookingsFrom === undefined && ticketsFrom === undefined
    const none = { items: [], next_cursor: null }
    const page = (from: string | undefined) => ({ limit: 20, ...(from !== undefined && { cursor: from }) })
    const [bookings, tickets, lists] = await Promise.all([
      ticketsFrom === undefined ? context.call(listBookings, page(bookingsFrom)) : none,
      bookingsFrom === undefined ? context.call(listTickets, page(ticketsFrom)) : none,
      isFirst ? context.call(listWaitingEntries, { limit: 20 }) : none,
    ])
    // Open entries are on the first page.
    const waiting = lists.items.filter(({ status }) => status === 'waiting' || status === 'offered')
    const ids = [...bookings.items, ...tickets.items, ...waiting].map(({ event_id }) => event_id)
    const events = await shownEvents([...new Set(ids)], context)
    const next = { nextBookings: bookings.next_cursor, nextTickets: tickets.next_cursor }
    return { bookings: bookings.items, tickets: tickets.items, waiting, ...next, events }
  },
  view: (data, { language }) => ({
    title: bookingWords.title,
    current: 'bookings',
    body: bookingsPage({ ...data, language }),
  }),
})

/** Events by id, without those that are no longer published. */
async function shownEvents(
  ids: readonly string[],
  { read }: Pick<PersonalLoad, 'read'>,
): Promise<Record<string, ShownEvent>> {
  const found = await Promise.all(
    ids.map((event_id) =>
      read(viewEvent, { event_id }).catch((error: unknown) => {
        if (error instanceof TicketingError && error.code === 'event_not_found') return null
        throw error
      }),
    ),
  )
  return Object.fromEntries(found.flatMap((event) => (event === null ? [] : [[event.id, shownEvent(event)]])))
}
