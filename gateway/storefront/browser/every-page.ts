import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { viewHold } from '#shared/contracts/holds.ts'
import { clockText } from '../views/clock-text.ts'
import * as words from '../views/words.ts'
import { ask } from './api.ts'
import { allHeld, forgetHeld } from './held.ts'

/** The pill in the masthead of every page: how many places are held, and for how long still. */

const pill = document.querySelector<HTMLAnchorElement>('.hold-pill')
let timer: ReturnType<typeof setInterval> | undefined

/** The computer's clock is never asked: the gateway says how long is left, and `performance.now` counts from then. */
async function showHeld(): Promise<void> {
  clearInterval(timer)
  const [held] = allHeld()
  if (pill === null) return
  if (held === undefined) {
    pill.hidden = true
    return
  }
  const path = `/shop/holds/${encodeURIComponent(held.hold_id)}`
  if (location.pathname === path) return
  const answer = await ask<ReplyOf<typeof viewHold>>('GET', `/holds/${encodeURIComponent(held.hold_id)}`)
  if (!answer.ok) {
    pill.hidden = true
    if (answer.problem.status === 404) forgetHeld(held.hold_id)
    return
  }
  const endsAt = performance.now() + answer.value.expires_in_ms
  pill.href = path
  const tick = (): void => {
    const seconds = Math.ceil((endsAt - performance.now()) / 1_000)
    if (seconds <= 0) {
      pill.hidden = true
      forgetHeld(held.hold_id)
      return
    }
    pill.hidden = false
    pill.textContent = `${words.held(held.qty)} · ${clockText(seconds)}`
  }
  tick()
  timer = setInterval(tick, 1_000)
}

void showHeld()
addEventListener('held', () => void showHeld())
addEventListener('storage', () => void showHeld())
// A page from the back-forward cache has counted nothing meanwhile.
addEventListener('pageshow', (event) => event.persisted && void showHeld())
