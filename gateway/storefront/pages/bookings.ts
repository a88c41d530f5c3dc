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
  parameters: z.object({ cursor: cursor.optional() }),
  async load({ cursor: from }, context) {
    const isFirst = from === undefined
    const [bookings, tickets, lists] = await Promise.all([
      context.call(listBookings, { limit: 20, ...(isFirst ? {} : { cursor: from }) }),
      // Few are passed on: the newest stand on the first page.
      isFirst ? context.call(listTickets, { limit: 20 }) : { items: [] },
      isFirst ? context.call(listWaitingEntries, { limit: 20 }) : { items: [] },
    ])
    // Those that are still open stand on the first page.
    const waiting = lists.items.filter(({ status }) => status === 'waiting' || status === 'offered')
    const ids = [...bookings.items, ...tickets.items, ...waiting].map(({ event_id }) => event_id)
    const events = await shownEvents([...new Set(ids)], context)
    return { bookings: bookings.items, tickets: tickets.items, waiting, nextCursor: bookings.next_cursor, events }
  },
  view: (data, { language }) => ({
    title: bookingWords.title,
    current: 'bookings',
    body: bookingsPage({ ...data, language }),
  }),
})

/** By id. Those that are no longer shown are left out. */
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
