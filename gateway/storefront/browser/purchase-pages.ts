/** The scripts of the buyer's way, from the map to the ticket, in one file; `data-script` of `<main>` says which of them is meant. */
const scripts: Readonly<Record<string, () => Promise<unknown>>> = {
  'event-page.ts': () => import('./event-page.ts'),
  'hold-page.ts': () => import('./hold-page.ts'),
  'booking-page.ts': () => import('./booking-page.ts'),
  'ticket-page.ts': () => import('./ticket-page.ts'),
}

void scripts[document.querySelector('main')?.dataset.script ?? '']?.()
