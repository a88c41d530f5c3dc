import { z } from 'zod'
import { viewEvent } from '#shared/contracts/event.ts'
import { eventId } from '#shared/contracts/fields.ts'
import { viewWaitingRoom, type WaitingRoom } from '#shared/contracts/waiting-room.ts'
import { linePage as lineContent } from '../views/line/line-page.ts'
import { type LineState, lineEvent, type Stage } from '../views/line/line-state.ts'
import { lineWords } from '../views/words/line.ts'
import { definePage } from './page.ts'

/** The waiting room of an event. Personal, so that nobody joins without a session; the place itself is asked for by script. */
export const linePage = definePage<
  { event_id: string },
  Pick<LineState, 'event' | 'minutesToChoose' | 'isPaused' | 'draw' | 'stage'>
>({
  path: '/shop/events/:event_id/line',
  access: 'personal',
  parameters: z.object({ event_id: eventId }),
  async load({ event_id }, { read }) {
    const [event, room] = await Promise.all([read(viewEvent, { event_id }), read(viewWaitingRoom, { event_id })])
    return {
      event: lineEvent(event),
      minutesToChoose: Math.round(room.session_s / 60),
      isPaused: room.state === 'paused',
      draw: room.draw,
      stage: stageWithoutPlace(room),
    }
  },
  view(shared, { language }) {
    const state: LineState = {
      ...shared,
      language,
      isLive: false,
      place: null,
      why: null,
      clock: null,
      asking: null,
      isNext: false,
      offlineSince: null,
      rings: false,
    }
    return {
      title: `${shared.event.name}: ${lineWords.title}`,
      body: lineContent(state),
      tone: 'house',
      script: 'line-page.ts',
      style: 'queue.css',
      state,
    }
  },
})

function stageWithoutPlace({ state, draw }: WaitingRoom): Stage {
  if (state === 'off') return 'none'
  const joinsFrom = draw?.joins_from ?? null
  return joinsFrom !== null && Date.parse(joinsFrom) > Date.now() ? 'early' : 'join'
}
