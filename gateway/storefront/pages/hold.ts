import { z } from 'zod'
import { viewEvent } from '#shared/contracts/event.ts'
import { holdId } from '#shared/contracts/fields.ts'
import { viewHold } from '#shared/contracts/holds.ts'
import { type HoldPageState, holdPage } from '../views/hold-page.ts'
import { stateOfHold } from '../views/pay-state.ts'
import { shownEvent } from '../views/shown-event.ts'
import * as holdWords from '../views/words/hold.ts'
import { definePage } from './page.ts'

/** Most lamps of a clock. A longer hold lights all of them until fewer minutes are left. */
const mostLamps = 10

export const payPage = definePage({
  path: '/shop/holds/:hold_id',
  access: 'personal',
  parameters: z.object({ hold_id: holdId }),
  async load({ hold_id }, { call, read }) {
    const hold = await call(viewHold, { hold_id })
    return { hold, event: await read(viewEvent, { event_id: hold.event_id }) }
  },
  view({ hold, event }, { language }) {
    const state: HoldPageState = {
      hold,
      event: shownEvent(event),
      pay: stateOfHold(hold),
      seconds: Math.ceil(hold.expires_in_ms / 1_000),
      lamps: mostLamps,
      card: holdWords.cards[0]?.token ?? '',
      busy: null,
      outcome: null,
      spoken: null,
      language,
      zone: null,
    }
    return { title: holdWords.title, body: holdPage(state), script: 'hold-page.ts', state }
  },
})
