import { z } from 'zod'
import { viewEvent } from '#shared/contracts/event.ts'
import { eventId } from '#shared/contracts/fields.ts'
import { viewWaitingRoom, type WaitingRoom } from '#shared/contracts/waiting-room.ts'
import { queuePage as queueContent } from '../views/queue/queue-page.ts'
import { type QueueState, queueEvent, type Stage } from '../views/queue/queue-state.ts'
import { queueWords } from '../views/words/queue.ts'
import { definePage } from './page.ts'

/** The waiting room of an event. A personal page, so that nobody joins without a session. The script reads the place itself. */
export const queuePage = definePage<
  { event_id: string },
  Pick<QueueState, 'event' | 'minutesToChoose' | 'isPaused' | 'draw' | 'stage'>
>({
  path: '/shop/events/:event_id/queue',
  access: 'personal',
  parameters: z.object({ event_id: eventId }),
  async load({ event_id }, { read }) {
    const [event, room] = await Promise.all([read(viewEvent, { event_id }), read(viewWaitingRoom, { event_id })])
    return {
      event: queueEvent(event),
      minutesToChoose: Math.round(room.session_s / 60),
      isPaused: room.state === 'paused',
      draw: room.draw,
      stage: stageWithoutPlace(room),
    }
  },
  view(shared, { language }) {
    const state: QueueState = {
      ...shared,
      language,
      isLive: false,
      place: null,
      why: null,
      clock: null,
      asking: null,
      isDrawing: false,
      isNext: false,
      offlineSince: null,
      refusal: null,
      rings: false,
    }
    return {
      title: `${shared.event.name}: ${queueWords.title}`,
      body: queueContent(state),
      tone: 'house',
      script: 'queue-page.ts',
      styles: ['queue.css'],
      state,
    }
  },
})

function stageWithoutPlace({ state, draw }: WaitingRoom): Stage {
  if (state === 'off') return 'none'
  const joinsFrom = draw?.joins_from ?? null
  return joinsFrom !== null && Date.parse(joinsFrom) > Date.now() ? 'early' : 'join'
}
