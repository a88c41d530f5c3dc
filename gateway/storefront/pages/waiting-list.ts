import { z } from 'zod'
import { viewEvent, viewLayout } from '#shared/contracts/event.ts'
import { eventId } from '#shared/contracts/fields.ts'
import { viewWaitingEntry } from '#shared/contracts/waiting-list.ts'
import { TicketingError } from '#shared/errors.ts'
import { shownEvent } from '../views/shown-event.ts'
import { firstQty } from '../views/stepper.ts'
import { type WaitingListState, type Wish, waitingListPage } from '../views/waiting-list-page.ts'
import { waitingListWords } from '../views/words/waiting-list.ts'
import { layoutSummary } from './layout-summary.ts'
import { definePage } from './page.ts'

/** The waiting list of a sold-out event, with the reader's entry. */
export const waitingList = definePage<
  { event_id: string },
  Pick<WaitingListState, 'event' | 'entry' | 'limit' | 'wishes'>
>({
  path: '/shop/events/:event_id/waiting-list',
  access: 'personal',
  parameters: z.object({ event_id: eventId }),
  async load({ event_id }, { read, call }) {
    const [event, entry] = await Promise.all([
      read(viewEvent, { event_id }),
      call(viewWaitingEntry, { event_id }).catch((error: unknown) => {
        if (error instanceof TicketingError && error.code === 'not_found') return null
        throw error
      }),
    ])
    const version = event.layout_version
    const layout =
      version === null ? null : await layoutSummary(event_id, version, () => read(viewLayout, { event_id, version }))
    const kinds = [
      ...event.price_tiers.map(({ name }): Wish => ({ kind: 'tier', name })),
      ...event.areas.map(({ name }): Wish => ({ kind: 'area', name })),
      ...(layout?.hasAccessible === true ? [{ kind: 'accessible', name: waitingListWords.accessible } as const] : []),
    ]
    const limit = event.sale.max_tickets_per_user
    // If there is only one kind of place, it means any place.
    return { event: shownEvent(event), entry, limit, wishes: kinds.length > 1 ? kinds : [] }
  },
  view(shared, { language }) {
    const state: WaitingListState = {
      ...shared,
      language,
      qty: firstQty(shared.limit),
      wish: null,
      isAsking: false,
      fault: null,
      clock: null,
      isLive: false,
    }
    const title = `${shared.event.name}: ${waitingListWords.title}`
    return {
      title,
      current: 'bookings',
      body: waitingListPage(state),
      script: 'waiting-list-page.ts',
      styles: ['queue.css'],
      state,
    }
  },
})
