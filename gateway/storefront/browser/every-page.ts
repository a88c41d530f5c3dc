import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { viewHold } from '#shared/contracts/holds.ts'
import { clockText } from '../views/clock-text.ts'
import * as words from '../views/words.ts'
import { ask } from './api.ts'
import { allHeld, forgetHeld } from './held.ts'
import { startClock } from './hold-timer.ts'

/** The badge in the masthead of every page: how many places are held and how much time is left. */

const pill = document.querySelector<HTMLAnchorElement>('.hold-pill')
let stopClock = (): void => undefined
let runs = 0

async function showHeld(): Promise<void> {
  stopClock()
  runs += 1
  const run = runs
  const [held] = allHeld()
  if (pill === null) return
  if (held === undefined) {
    pill.hidden = true
    return
  }
  const path = `/shop/holds/${encodeURIComponent(held.hold_id)}`
  if (location.pathname === path) return
  const answer = await ask<ReplyOf<typeof viewHold>>('GET', `/holds/${encodeURIComponent(held.hold_id)}`)
  // A hold was taken or released meanwhile.
  if (run !== runs) return
  if (!answer.ok) {
    pill.hidden = true
    if (answer.problem.status === 404) forgetHeld(held.hold_id)
    return
  }
  pill.href = path
  stopClock = startClock(answer.value.expires_in_ms, (seconds) => {
    if (seconds === 0) {
      pill.hidden = true
      forgetHeld(held.hold_id)
      return
    }
    pill.hidden = false
    pill.textContent = `${words.held(held.qty)} · ${clockText(seconds)}`
  })
}

void showHeld()
addEventListener('held', () => void showHeld())
addEventListener('storage', () => void showHeld())
// A page restored from the back-forward cache has stopped counting.
addEventListener('pageshow', (event) => event.persisted && void showHeld())
