import { startBookingPage } from './booking-page.ts'
import { startEventPage } from './event-page.ts'
import { startHoldPage } from './hold-page.ts'
import { startTicketPage } from './ticket-page.ts'

/** The scripts of the buyer's way, from the map to the ticket, in one file; `data-script` of `<main>` says which of them is meant. */
const pages: Readonly<Record<string, (main: HTMLElement) => void>> = {
  'event-page.ts': startEventPage,
  'hold-page.ts': startHoldPage,
  'booking-page.ts': startBookingPage,
  'ticket-page.ts': startTicketPage,
}

const main = document.querySelector<HTMLElement>('main')
if (main !== null) pages[main.dataset.script ?? '']?.(main)
