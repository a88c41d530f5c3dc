// gzip finds only repetitions within 32 KB, so related modules stand together: sentences, then views, then the map.
import '../views/words/event.ts'
import '../views/words/hold.ts'
import '../views/words/booking.ts'
import '../views/words/ticket.ts'
import '../views/event/event-view.ts'
import '../views/hold-page.ts'
import '../views/booking-page.ts'
import '../views/pass-on.ts'
import './seat-map/seat-map.ts'
import { startBookingPage } from './booking-page.ts'
import { startEventPage } from './event-page.ts'
import { startHoldPage } from './hold-page.ts'
import { startTicketPage } from './ticket-page.ts'

/** The scripts of all pages from the map to the ticket, as one file. `data-script` of `<main>` selects the page. */
const pages: Readonly<Record<string, (main: HTMLElement) => void>> = {
  'event-page.ts': startEventPage,
  'hold-page.ts': startHoldPage,
  'booking-page.ts': startBookingPage,
  'ticket-page.ts': startTicketPage,
}

const main = document.querySelector<HTMLElement>('main')
if (main !== null) pages[main.dataset.script ?? '']?.(main)
