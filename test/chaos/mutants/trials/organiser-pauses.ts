import { setTimeout as wait } from 'node:timers/promises'
import { type Answer, ask } from '../../../support/http.ts'
import { organiserKey } from '../../../support/system.ts'
import type { Stand } from '../../crash-points/stand/stand.ts'
import type { Trial } from './trial.ts'

/** After 2 s a page is asked for again, whether or not anybody has said that its event was changed. */
const replacedWithinMs = 1_900
/** A pause that took longer leaves its fact too little time. */
const pausedWithinMs = 900
const tries = 5
const lookAgainMs = 20

/** An organiser pauses a sale: the page that shows it as open is young, and yet it is shown no more. */
export const organiserPauses: Trial = async (system) => {
  const stand = await system.stand('long')
  for (let tried = 0; tried < tries; tried += 1) {
    const shown = await pauseAndLook(stand)
    if (shown !== 'too slow') return shown
  }
  throw new Error(`the machine was too slow, ${tries} times`)
}

async function pauseAndLook(stand: Stand): Promise<string[] | 'too slow'> {
  const { eventId } = await stand.openEvent()
  const look = (): Promise<Answer> => ask(`${stand.url}/events/${eventId}`)
  const askedAt = performance.now()
  const before = await look()
  if (before.headers.get('cache-status')?.includes('stored') !== true) throw new Error(`not stored: ${before.text}`)
  const headers = { authorization: `Bearer ${organiserKey}` }
  const { status } = await ask(`${stand.url}/admin/events/${eventId}/pause`, { method: 'POST', headers })
  if (status !== 200) throw new Error(`pausing was answered ${status}`)
  if (performance.now() > askedAt + pausedWithinMs) return 'too slow'
  while (performance.now() < askedAt + replacedWithinMs) {
    if ((await look()).body.sale.status === 'paused') return []
    await wait(lookAgainMs)
  }
  return ['a sale that was paused is still shown as it was']
}
