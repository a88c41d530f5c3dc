import { z } from 'zod'
import { viewBooking } from '#shared/contracts/bookings.ts'
import { viewEvent } from '#shared/contracts/event.ts'
import { ticketId } from '#shared/contracts/fields.ts'
import { viewTicket } from '#shared/contracts/tickets.ts'
import { shownEvent } from '../views/shown-event.ts'
import { ticketPage } from '../views/ticket-page.ts'
import * as ticketWords from '../views/words/ticket.ts'
import { mayReturn } from './booking.ts'
import { codePicture } from './code-picture.ts'
import { definePage } from './page.ts'

export const carriedTicketPage = definePage({
  path: '/shop/tickets/:ticket_id',
  access: 'personal',
  parameters: z.object({ ticket_id: ticketId }),
  async load({ ticket_id }, { call, read, userId }) {
    const ticket = await call(viewTicket, { ticket_id })
    const [event, booking] = await Promise.all([
      read(viewEvent, { event_id: ticket.event_id }),
      ticket.booking_id === null ? null : call(viewBooking, { booking_id: ticket.booking_id }),
    ])
    return { ticket, event, booking, holder: userId }
  },
  view({ ticket, event, booking, holder }, { language }) {
    const body = ticketPage({
      ticket,
      booking,
      holder,
      language,
      event: shownEvent(event),
      picture: ticket.code === null ? null : codePicture(ticket.code),
      mayReturn: mayReturn(event.sale.cancel_until),
    })
    const state = { ticketId: ticket.id }
    return { title: `${ticketWords.title} · ${event.name}`, current: 'bookings', body, script: 'ticket-page.ts', state }
  },
})
