import type { Hold } from '#shared/contracts/holds.ts'
import { countPlaces } from '../views/count-places.ts'
import { eventPath } from '../views/event-path.ts'
import { clockTime } from '../views/format.ts'
import { type HoldPageState, holdPage } from '../views/hold-page.ts'
import type { Intention, PayState } from '../views/pay-state.ts'
import * as holdWords from '../views/words/hold.ts'
import { type Answer, ask, type Fault } from './api.ts'
import { forgetHeld, rememberHeld } from './held.ts'
import {
  afterHold,
  afterPoll,
  afterPurchase,
  beginState,
  nextAsk,
  type Purchase,
  type PurchaseReply,
  pay,
  unansweredOf,
} from './hold-state.ts'
import { minutesToAnnounce, startClock } from './hold-timer.ts'
import { keepUnanswered, onIntentionsChange, unanswered } from './intentions.ts'
import { type Action, type Island, pageState, startIsland } from './island.ts'
import { newUuid } from './new-uuid.ts'
import { passOf } from './queue-places.ts'
import { releaseHold, selectionOf } from './request-places.ts'

/** The page where a hold is paid for: its clock, its places and its one payment. */

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
const holdPath = (id: string): string => `/holds/${encodeURIComponent(id)}`

/** Pause before a hold whose clock ran out is read again. */
const askAgainMs = 3_000

let stopClock = (): void => undefined
let asking: ReturnType<typeof setTimeout> | undefined
let isAsking = false

const actions: Readonly<Record<string, Action<HoldPageState>>> = {
  card: (island, chosen) => island.set({ card: (chosen as HTMLInputElement).value }),
  pay(island) {
    const { hold, card, busy } = island.state
    if (busy === 'release') return
    const token = hold.total_minor === 0 ? null : card
    const wanted = { key: newUuid(), token, totalMinor: hold.total_minor, currency: hold.currency }
    // Another tab may just have begun a payment: then this tab repeats that request.
    move(island, pay(island.state.pay, unanswered(hold.id) ?? wanted))
  },
  extend: (island) => change(island, 'extend', { extend: true }),
  releaseOne(island, cross) {
    const { hold } = island.state
    const left = selectionOf(hold.places.filter((_, index) => index !== Number(cross.dataset.index)))
    if (left === null) void release(island)
    else void change(island, 'change', left)
  },
  releaseAll: (island) => void release(island),
}

/** The page that was started. */
let island: Island<HoldPageState>

/** Starts the page of a hold, in its `<main>`. */
export function startHoldPage(element: HTMLElement): void {
  island = startIsland<HoldPageState>({
    element,
    state: { ...pageState<HoldPageState>(), zone },
    view: holdPage,
    actions,
  })
  startTicking(island.state.hold)
  move(island, beginState(island.state.hold, unanswered(island.state.hold.id)))
  addEventListener('online', () => (nextAsk(island.state.pay) === null ? void readHold() : askNext(island, 0)))
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && void readHold())
  // A page restored from the back-forward cache shows an old state.
  addEventListener('pageshow', ({ persisted }) => persisted && void readHold())
  onIntentionsChange(() => {
    const other = unanswered(island.state.hold.id)
    if (other !== null) move(island, pay(island.state.pay, other))
    else void readHold()
  })
}

/** Moves to a payment state: first stores what must survive a reload, then sends the next request or waits. */
function move(page: Island<HoldPageState>, to: PayState): void {
  const { hold, pay: from } = page.state
  const intention = unansweredOf(to)
  if (intention?.key !== unanswered(hold.id)?.key) keepUnanswered(hold.id, intention)
  if (to === from) return
  page.set({ pay: to, outcome: null })
  // The payment has extended the hold.
  if (to.name === 'held' && from.name !== 'held') void readHold()
  if (to.name === 'bought' || to.name === 'ended') {
    stopClock()
    forgetHeld(hold.id)
  }
  // Replaces this page in the history: back leads to the event, not to a finished payment.
  if (to.name === 'bought')
    location.replace(to.bookingId === null ? '/shop/bookings' : `/shop/bookings/${encodeURIComponent(to.bookingId)}`)
  else askNext(page)
}

/** Sends the request that the state calls for, after its pause. One request at a time. */
function askNext(page: Island<HoldPageState>, atOnce?: 0): void {
  clearTimeout(asking)
  const next = nextAsk(page.state.pay)
  if (next === null || isAsking) return
  asking = setTimeout(() => void sendNext(page, next.what), atOnce ?? next.afterMs)
}

async function sendNext(page: Island<HoldPageState>, what: 'purchase' | 'look' | 'hold'): Promise<void> {
  if (what === 'hold') return readHold()
  const { hold, pay: state } = page.state
  const intention = unansweredOf(state)
  if (intention === null) return
  isAsking = true
  const to =
    what === 'purchase'
      ? afterPurchase(state, await sendPurchase(hold.id, intention))
      : afterPoll(state, await ask<Purchase>('GET', `/purchases/${intention.key}`))
  isAsking = false
  move(page, to)
}

function sendPurchase(holdId: string, { key, token, totalMinor, currency }: Intention): Promise<Answer<PurchaseReply>> {
  const payment = token === null ? {} : { payment_token: token }
  const body = { hold_id: holdId, ...payment, expected_total_minor: totalMinor, currency }
  return ask('POST', '/purchase', { body, idempotencyKey: key })
}

/** Reads the hold from the gateway: after a pause, when the clock ran out, or after a change in another tab. */
async function readHold(): Promise<void> {
  const answer = await ask<Hold>('GET', holdPath(island.state.hold.id))
  const { pay: state } = island.state
  if (answer.ok) showHold(answer.value)
  else if (answer.problem.code === 'not_found') move(island, afterHold(state, { status: 'expired' }))
  else if (state.name === 'elsewhere') move(island, { ...state, polls: state.polls + 1 })
  // Without an answer it is unknown whether the hold has ended.
  else if (island.state.seconds === 0) setTimeout(() => void readHold(), askAgainMs)
}

function showHold(hold: Hold): void {
  island.set({ hold })
  if (hold.status === 'active') startTicking(hold)
  move(island, afterHold(island.state.pay, hold))
}

function startTicking(hold: Hold): void {
  stopClock()
  if (hold.status !== 'active') return
  rememberHeld({ event_id: hold.event_id, hold_id: hold.id, qty: countPlaces(hold.places) })
  stopClock = startClock(hold.expires_in_ms, (seconds) => {
    const { seconds: before, lamps, pay: state } = island.state
    const minutes = minutesToAnnounce(before, seconds)
    island.set({
      seconds,
      lamps: Math.max(lamps, Math.ceil(seconds / 60)),
      ...(minutes === null ? {} : { spoken: { text: holdWords.left(minutes), isUrgent: minutes === 1 } }),
    })
    if (seconds === 0 && state.name === 'held') void readHold()
  })
}

/** Extends the hold or exchanges its places. */
async function change(page: Island<HoldPageState>, busy: 'extend' | 'change', body: object): Promise<void> {
  if (!tryBegin(page, busy)) return
  const pass = passOf(page.state.hold.event_id)
  const answer = await ask<Hold>('PATCH', holdPath(page.state.hold.id), {
    body,
    idempotencyKey: newUuid(),
    ...(pass === null ? {} : { queuePass: pass.pass }),
  })
  page.set({ busy: null })
  if (!answer.ok) {
    showRefusal(page, answer.problem)
    return
  }
  showHold(answer.value)
  if (busy === 'extend')
    page.set({ outcome: { title: holdWords.gotMoreTime(timeOf(answer.value.expires_at)), text: '' } })
}

async function release(page: Island<HoldPageState>): Promise<void> {
  if (!tryBegin(page, 'release')) return
  const { hold, event } = page.state
  const problem = await releaseHold(hold.id)
  page.set({ busy: null })
  if (problem !== null) {
    showRefusal(page, problem)
    return
  }
  // Another tab may have begun a payment; its answer decides.
  if (unansweredOf(page.state.pay) !== null) return
  forgetHeld(hold.id)
  location.assign(eventPath(event.id))
}

/** False for a second press before the first is answered, and once a payment has begun. */
function tryBegin(page: Island<HoldPageState>, busy: NonNullable<HoldPageState['busy']>): boolean {
  if (page.state.busy !== null || page.state.pay.name !== 'held') return false
  page.set({ busy, outcome: null, pay: { name: 'held', note: null } })
  return true
}

/** Says why the hold was not changed. Not once a payment has begun: its state must not be lost. */
function showRefusal(page: Island<HoldPageState>, { code, detail }: Fault): void {
  if (page.state.pay.name !== 'held') return
  if (code === 'offline') page.set({ pay: { name: 'held', note: 'offline' } })
  else if (code === 'hold_cap_reached')
    page.set({ outcome: { title: '', text: holdWords.noMoreTime(timeOf(page.state.hold.hard_cap_at)) } })
  else {
    page.set({ pay: { name: 'held', note: { text: detail } } })
    void readHold()
  }
}

function timeOf(instant: string): string {
  return clockTime(instant, { zone, language: island.state.language })
}
