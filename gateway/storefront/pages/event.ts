import { z } from 'zod'
import { viewEvent, viewLayout } from '#shared/contracts/event.ts'
import { eventId } from '#shared/contracts/fields.ts'
import { viewSeatStates } from '#shared/contracts/seats.ts'
import { TicketingError } from '#shared/errors.ts'
import { placesCache } from '../../routes/events.ts'
import type { EventPageState } from '../views/event/event-state.ts'
import { eventPage as eventContent } from '../views/event/event-view.ts'
import { layoutSummary, sectionLines } from './layout-summary.ts'
import { definePage, type PublicLoad } from './page.ts'

/** An event: its description and prices, and its places as map and list. */
export const eventPage = definePage<{ event_id: string }, EventPageState>({
  path: '/shop/events/:event_id',
  access: 'public',
  parameters: z.object({ event_id: eventId }),
  // The policy of the seat states, which of all its replies expire first and have all tags.
  cache: placesCache,

  async load({ event_id }, { read, language, isDemo }) {
    const [event, seats] = await Promise.all([read(viewEvent, { event_id }), seatStates(event_id, read)])
    const version = event.layout_version
    const common = { event, language, isDemo, live: null }
    if (version === null)
      return { ...common, sections: [], freeSeats: 0, areaFree: [], hasAccessible: false, hasMap: false }
    const layout = await layoutSummary(event_id, version, () => read(viewLayout, { event_id, version }))
    const sections = sectionLines(layout, event, seats?.states ?? null)
    return {
      ...common,
      sections,
      freeSeats: sections.reduce((sum, { free }) => sum + free, 0),
      areaFree: event.areas.map(({ name }) => seats?.areas.find(({ area }) => area === name)?.available ?? 0),
      hasAccessible: layout.hasAccessible,
      hasMap: layout.hasMap,
    }
  },

  view(state) {
    const { event } = state
    const id = encodeURIComponent(event.id)
    return {
      title: event.name,
      description: [event.name, event.venue?.name, event.venue?.city].filter(Boolean).join(', '),
      body: eventContent(state),
      current: 'whats-on',
      script: 'event-page.ts',
      // The browser itself counts the sections when their list is shown.
      state: { ...state, sections: null },
      preloads:
        event.layout_version === null
          ? []
          : [`/events/${id}/layout?version=${event.layout_version}&coordinates=differences`, `/events/${id}/seats`],
    }
  },
})

/** Null before the stock exists. */
async function seatStates(event_id: string, read: PublicLoad['read']) {
  try {
    return await read(viewSeatStates, { event_id })
  } catch (error) {
    if (error instanceof TicketingError && error.code === 'event_not_found') return null
    throw error
  }
}
