import { z } from 'zod'
import { eventId } from '#shared/contracts/fields.ts'
import { doorPage } from '../views/door/door-page.ts'
import type { DoorState } from '../views/door/door-state.ts'
import { newStaffState } from '../views/staff-frame.ts'
import * as words from '../views/words/door.ts'
import { definePage } from './page.ts'

/** The page for the people who let the audience in: without data, which script reads with the cookie of the door. */
export const doorOfEvent = definePage<{ event_id: string }, object>({
  path: '/door/:event_id',
  access: 'plain',
  parameters: z.object({ event_id: eventId }),
  view({ event_id }, { language }) {
    const state: DoorState = {
      ...newStaffState(language),
      eventId: event_id,
      event: null,
      ...{ gate: null, isChoosingGate: false, gateFault: null },
      ...{ camera: 'off', isChecking: false, codeFault: null, answer: null },
      ...{ figures: null, isOnline: true, waiting: 0, wantedToLeave: false, wrongEntries: [] },
      ...{ list: null, isLoadingList: false, hasListFault: false, isStored: true, opensOffline: true },
    }
    return {
      title: words.title,
      head: 'door',
      body: doorPage(state),
      script: 'door-page.ts',
      styles: ['desk.css', 'door.css'],
      state,
      usesCamera: true,
    }
  },
})
