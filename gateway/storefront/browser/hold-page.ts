import type { Hold } from '#shared/contracts/holds.ts'
import { clockTime } from '../views/format.ts'
import { type HoldPageState, holdPage } from '../views/hold-page.ts'
import type { Intention, PayState } from '../views/pay-state.ts'
import * as holdWords from '../views/words/hold.ts'
import { type Answer, ask } from './api.ts'
import { forgetHeld, rememberHeld } from './held.ts'
import {
  afterHold,
  afterLook,
  afterPurchase,
  beginState,
  nextAsk,
  type Purchase,
  type PurchaseReply,
  pay,
  unansweredOf,
} from './hold-state.ts'
import { minutesToAnnounce, startClock } from './hold-timer.ts'
import { keepUnanswered, newKey, onIntentionsChange, unanswered } from './intentions.ts'
import { type Action, type Island, pageState, startIsland } from './island.ts'
import { passOf } from './queue-places.ts'

/** The page where a hold is paid for: its clock, its places, and the one payment. */

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
const holdPath = (id: string): string => `/holds/${encodeURIComponent(id)}`
const countPlaces = ({ places }: Hold): number =>
  places.reduce((sum, place) => sum + ('qty' in place ? place.qty : 1), 0)

/** Pause before a hold whose clock ran out is read again. */
const askAgainMs = 3_000

let stopClock = (): void => undefined
let asking: ReturnType<typeof setTimeout> | undefined
let isAsking = false

const actions: Readonly<Record<string, Action<HoldPageState>>> = {
  card: (island, chosen) => island.set({ card: (chosen as HTMLInputElement).value }),
  pay(island) {
    const { hold, card } = island.state
    const token = hold.total_minor === 0 ? null : card
    const wanted = { key: newKey(), token, totalMinor: hold.total_minor, currency: hold.currency }
    // Another tab may have begun a moment ago: then this one repeats its request.
    move(island, pay(island.state.pay, unanswered(hold.id) ?? wanted))
  },
  extend: (island) => change(island, 'extend', { extend: true }),
  releaseOne(island, cross) {
    const { hold } = island.state
    const left = hold.places.filter((_, index) => index !== Number(cross.dataset.index))
    if (left.length === 0) void release(island)
    else void change(island, 'change', selectionOf(left))
  },
  releaseAll: (island) => void release(island),
}

/** Of the page that was started. */
let island: Island<HoldPageState>

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
  // A page from the back-forward cache shows what was true when it was left.
  addEventListener('pageshow', ({ persisted }) => persisted && void readHold())
  onIntentionsChange(() => {
    const other = unanswered(island.state.hold.id)
    if (other !== null) move(island, pay(island.state.pay, other))
    else void readHold()
  })
}

/** Goes to a state of paying: what must outlive a reload is stored first, then the next request is sent or waited for. */
function move(page: Island<HoldPageState>, to: PayState): void {
  const { hold, pay: from } = page.state
  const intention = unansweredOf(to)
  if (intention?.key !== unanswered(hold.id)?.key) keepUnanswered(hold.id, intention)
  if (to === from) return
  page.set({ pay: to, outcome: null })
  // The payment moved the end of the hold.
  if (to.name === 'held' && from.name !== 'held') void readHold()
  if (to.name === 'bought' || to.name === 'ended') {
    stopClock()
    forgetHeld(hold.id)
  }
  // In place of this page: back leads to the event, not to a payment that is done.
  if (to.name === 'bought')
    location.replace(to.bookingId === null ? '/shop/bookings' : `/shop/bookings/${encodeURIComponent(to.bookingId)}`)
  else askNext(page)
}

/** Asks what a state asks for by itself, after its pause. One request at a time. */
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
      : afterLook(state, await ask<Purchase>('GET', `/purchases/${intention.key}`))
  isAsking = false
  move(page, to)
}

function sendPurchase(holdId: string, { key, token, totalMinor, currency }: Intention): Promise<Answer<PurchaseReply>> {
  const payment = token === null ? {} : { payment_token: token }
  const body = { hold_id: holdId, ...payment, expected_total_minor: totalMinor, currency }
  return ask('POST', '/purchase', { body, idempotencyKey: key })
}

/** Reads the hold, as the gateway sees it: after a pause, at the end of the clock, in another tab. */
async function readHold(): Promise<void> {
  const answer = await ask<Hold>('GET', holdPath(island.state.hold.id))
  const { pay: state } = island.state
  if (answer.ok) showHold(answer.value)
  else if (answer.problem.code === 'not_found') move(island, afterHold(state, { status: 'expired' }))
  else if (state.name === 'elsewhere') move(island, { ...state, looks: state.looks + 1 })
  // Whether the hold has ended is not known without an answer.
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
  rememberHeld({ event_id: hold.event_id, hold_id: hold.id, qty: countPlaces(hold) })
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

/** Extends the hold or exchanges its places. A second press while that is under way changes nothing. */
async function change(page: Island<HoldPageState>, busy: 'extend' | 'change', body: object): Promise<void> {
  if (page.state.busy !== null || page.state.pay.name !== 'held') return
  page.set({ busy, outcome: null, pay: { name: 'held', note: null } })
  const pass = passOf(page.state.hold.event_id)
  const answer = await ask<Hold>('PATCH', holdPath(page.state.hold.id), {
    body,
    idempotencyKey: newKey(),
    ...(pass === null ? {} : { queuePass: pass.pass }),
  })
  page.set({ busy: null })
  if (answer.ok) {
    showHold(answer.value)
    if (busy === 'extend')
      page.set({ outcome: { title: holdWords.gotMoreTime(timeOf(answer.value.expires_at)), text: '' } })
    return
  }
  const { code, detail } = answer.problem
  if (code === 'offline') page.set({ pay: { name: 'held', note: 'offline' } })
  else if (code === 'hold_cap_reached')
    page.set({ outcome: { title: '', text: holdWords.noMoreTime(timeOf(page.state.hold.hard_cap_at)) } })
  else {
    page.set({ pay: { name: 'held', note: { text: detail } } })
    void readHold()
  }
}

async function release(page: Island<HoldPageState>): Promise<void> {
  if (page.state.busy !== null || page.state.pay.name !== 'held') return
  page.set({ busy: 'release' })
  const { hold, event } = page.state
  const answer = await ask<undefined>('DELETE', holdPath(hold.id))
  page.set({ busy: null })
  if (answer.ok || answer.problem.code === 'not_found') {
    forgetHeld(hold.id)
    location.assign(`/shop/events/${event.id}`)
  } else if (answer.problem.code === 'offline') page.set({ pay: { name: 'held', note: 'offline' } })
  else void readHold()
}

/** The places as a request names them. */
function selectionOf(places: Hold['places']): object {
  const seats = places.flatMap((place) => ('seat_no' in place ? [place.seat_no] : []))
  const areas = places.flatMap((place) => ('area' in place ? [{ area: place.area, qty: place.qty }] : []))
  return { ...(seats.length > 0 && { seat_nos: seats }), ...(areas.length > 0 && { areas }) }
}

function timeOf(instant: string): string {
  return clockTime(instant, { zone, language: island.state.language })
}
