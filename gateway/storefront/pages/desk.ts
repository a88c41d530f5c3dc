import { z } from 'zod'
import { eventId } from '#shared/contracts/fields.ts'
import { noChange } from '../views/desk/change-form.ts'
import { type DeskDoubleEntriesState, deskDoubleEntriesPage } from '../views/desk/double-entries-page.ts'
import { deskEventPage } from '../views/desk/event-page.ts'
import type { DeskEventState } from '../views/desk/event-state.ts'
import { type DeskEventsState, deskEventsPage } from '../views/desk/events-page.ts'
import { emptyForm } from '../views/desk/new-event-form.ts'
import { type DeskNewEventState, deskNewEventPage } from '../views/desk/new-event-page.ts'
import { type DeskOrdersState, deskOrdersPage } from '../views/desk/orders-page.ts'
import { newStaffState } from '../views/staff-frame.ts'
import * as words from '../views/words/desk.ts'
import { newEvent as newEventTitle } from '../views/words/desk-new-event.ts'
import { definePage } from './page.ts'

/** The pages for organisers: the same for everybody, without data, which script reads with the cookie of the desk. */

const ofDesk = { head: 'desk', styles: ['desk.css'] } as const

const events = definePage<object, object>({
  path: '/desk',
  access: 'plain',
  parameters: z.object({}),
  view(_, { language }) {
    const state: DeskEventsState = {
      ...newStaffState(language),
      ...{ keyword: '', start: null, items: [], reports: [], nextCursor: null },
    }
    const title = words.title
    return {
      ...ofDesk,
      title,
      current: 'desk-events',
      body: deskEventsPage(state),
      script: 'desk-events-page.ts',
      state,
    }
  },
})

const newEvent = definePage<object, object>({
  path: '/desk/new-event',
  access: 'plain',
  parameters: z.object({}),
  view(_, { language }) {
    const state: DeskNewEventState = {
      ...newStaffState(language),
      ...{ form: emptyForm, faults: {}, problem: null, isSaving: false, zones: [], currencies: [] },
    }
    return {
      ...ofDesk,
      title: `${newEventTitle} · ${words.title}`,
      current: 'desk-events',
      body: deskNewEventPage(state),
      script: 'desk-new-event-page.ts',
      state,
    }
  },
})

const event = definePage<{ event_id: string }, object>({
  path: '/desk/events/:event_id',
  access: 'plain',
  parameters: z.object({ event_id: eventId }),
  view({ event_id }, { language }) {
    const state: DeskEventState = {
      ...newStaffState(language),
      ...noChange,
      eventId: event_id,
      ...{ event: null, report: null, room: null, serving: null, invariants: null, refunds: null },
      isLate: false,
    }
    const title = words.title
    return { ...ofDesk, title, current: 'desk-events', body: deskEventPage(state), script: 'desk-event-page.ts', state }
  },
})

const doubleEntries = definePage<{ event_id: string }, object>({
  path: '/desk/events/:event_id/double-entries',
  access: 'plain',
  parameters: z.object({ event_id: eventId }),
  view({ event_id }, { language }) {
    const state: DeskDoubleEntriesState = {
      ...newStaffState(language),
      ...{ eventId: event_id, event: null, entries: null, nextCursor: null },
    }
    return {
      ...ofDesk,
      title: `${words.doubleEntries} · ${words.title}`,
      current: 'desk-events',
      body: deskDoubleEntriesPage(state),
      script: 'desk-double-entries-page.ts',
      state,
    }
  },
})

const orders = definePage<object, object>({
  path: '/desk/orders',
  access: 'plain',
  parameters: z.object({}),
  view(_, { language }) {
    const state: DeskOrdersState = {
      ...newStaffState(language),
      ...noChange,
      ...{ wanted: '', findFault: null, event: null, entries: null, nextCursor: null, booking: null },
    }
    const title = `${words.bookings} · ${words.title}`
    return {
      ...ofDesk,
      title,
      current: 'desk-orders',
      body: deskOrdersPage(state),
      script: 'desk-orders-page.ts',
      state,
    }
  },
})

export const deskPages = [events, newEvent, event, doubleEntries, orders]
