import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { viewDrawRanks } from '#shared/contracts/draw.ts'
import type { claimPass, QueuePlace, viewServing } from '#shared/contracts/waiting-room.ts'
import { clockTime } from '../views/format.ts'
import { queuePage } from '../views/queue/queue-page.ts'
import { afterPlace, afterRefusal, type QueueState } from '../views/queue/queue-state.ts'
import { queueWords } from '../views/words/queue.ts'
import { ask, type Fault } from './api.ts'
import { isTransient } from './ask-once.ts'
import { startClock } from './hold-timer.ts'
import { type Island, pageState, startIsland } from './island.ts'
import { forgetPlace, hasChangedPlace, passOf, storedPlace, storePlace } from './queue-places.ts'
import { ring } from './ring.ts'
import { countDown, durationText } from './sale-opening.ts'

/** The page of a queue: joins, polls as often as the gateway says, and goes in when called. */

const element = document.querySelector<HTMLElement>('main')
if (element === null) throw new Error('this page has no content')

const sent = pageState<QueueState>()
const eventPath = `/events/${encodeURIComponent(sent.event.id)}`
/** The page where places are chosen. */
const placesPath = `/shop${eventPath}`
const titleBefore = document.title
/** Pause after a failed request. */
const retryMs = 3_000
const joinTries = 5

/** Places on one page of the draw's ranks. */
const placesAPage = 1_024
/** The draw itself takes a few seconds. */
const drawEveryMs = 2_000
/** After the draw: buyers who are called within a minute poll soon, all others later. */
const [nearMs, farMs] = [1_000, 15_000]

/** The arrival index of the place. */
let arrival: number | null = null
let asking: ReturnType<typeof setTimeout> | undefined
let isLooking = false
let stopClock = (): void => undefined
let stopCountDown = (): void => undefined
/** When the place was last received. */
let receivedAt = new Date()

const island = startIsland<QueueState>({
  element,
  state: { ...sent, isLive: true },
  view: queuePage,
  actions: {
    join: (page) => void join(page),
    claim: (page) => void claim(page),
    leave: (page) => void leave(page),
    ring: (page) => page.set({ rings: !page.state.rings }),
  },
})
island.set({})
begin()
addEventListener('online', () => void look())
document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && void look())
// A page restored from the back-forward cache shows an old state.
addEventListener('pageshow', ({ persisted }) => {
  if (!persisted) return
  island.set({ asking: null })
  void look()
})
addEventListener('storage', (change) => hasChangedPlace(change, sent.event.id) && void look())

/** Shows the place of this browser. Without one, a buyer who pressed "Join the queue" joins at once. */
function begin(): void {
  const wantsToJoin = new URLSearchParams(location.search).has('join')
  // After leaving, a reload must not join again.
  if (wantsToJoin) history.replaceState(null, '', location.pathname)
  void look().then(() => {
    // Without a place, or with a place of somebody who used this browser before.
    if (wantsToJoin && island.state.stage === 'join') void join(island)
  })
  void countDownToNext()
}

async function join(page: Island<QueueState>): Promise<void> {
  if (page.state.asking !== null) return
  page.set({ asking: 'join' })
  const join = () => ask<QueuePlace>('POST', `${eventPath}/queue`, { body: {} })
  let answer = await join()
  // Joining is idempotent.
  for (let tries = 1; tries < joinTries && !answer.ok && mayJoinSoon(answer.problem); tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, retryMs * (0.8 + 0.4 * Math.random())))
    answer = await join()
  }
  page.set({ asking: null })
  if (answer.ok) showPlace(answer.value)
  else if (answer.problem.code === 'unauthenticated') location.assign(sessionPath())
  else refused(answer.problem, 'join')
}

/** A full queue stays full for longer than these tries. */
function mayJoinSoon(problem: Fault): boolean {
  return isTransient(problem) && problem.code !== 'queue_full'
}

/** Reads the place, with one request at a time. */
async function look(): Promise<void> {
  if (isLooking) return
  clearTimeout(asking)
  isLooking = true
  await lookNow()
  isLooking = false
}

async function lookNow(): Promise<void> {
  const known = storedPlace(sent.event.id)
  if (known === undefined) {
    if (island.state.place !== null) island.set({ stage: 'over', place: null, why: 'left' })
    return
  }
  const [answer, serving] = await Promise.all([
    ask<QueuePlace>('GET', `/queue/${encodeURIComponent(known.place_id)}`),
    ask<ReplyOf<typeof viewServing>>('GET', `${eventPath}/queue/serving`),
  ])
  if (serving.ok) showRoom(serving.value)
  if (answer.ok) showPlace(answer.value)
  else refused(answer.problem, 'look')
}

function showRoom({ state, draw }: ReplyOf<typeof viewServing>): void {
  const before = island.state.draw
  island.set({ isPaused: state === 'paused', draw })
  // The organiser has moved the time.
  if (draw !== null && before?.opens_at !== draw.opens_at) void countDownToNext()
}

/** Shows the place as the gateway sent it, and schedules the next poll. */
function showPlace(place: QueuePlace): void {
  const { stage: before } = island.state
  receivedAt = new Date()
  arrival = place.index
  const { pass, pass_ends } = storedPlace(sent.event.id) ?? {}
  storePlace({
    event_id: sent.event.id,
    place_id: place.id,
    ...(pass !== undefined && { pass }),
    ...(pass_ends !== undefined && { pass_ends }),
  })
  const after = afterPlace(place, before)
  island.set({ ...after, offlineSince: null, ...(after.stage !== 'turn' && { isNext: false }) })
  if (after.stage === 'turn' && before !== 'turn') called()
  document.title = after.stage === 'turn' ? `${queueWords.turnTitle} · ${titleBefore}` : titleBefore
  stopClock()
  if (after.stage === 'turn' && place.claim_in_ms !== null) showClock(place.claim_in_ms)
  else if (after.stage === 'inside') showClock(passOf(sent.event.id)?.leftMs ?? 0)
  else if (after.stage !== 'waiting') island.set({ clock: null })
  if (after.stage === 'over') forgetPlace(sent.event.id)
  else askAgain(place.next_poll_ms)
}

function refused(problem: Fault, what: 'join' | 'look'): void {
  const after = afterRefusal(problem.code)
  if (after !== null) {
    stopClock()
    if (after.stage !== 'none') forgetPlace(sent.event.id)
    island.set({ ...after, clock: null, offlineSince: null })
    document.title = titleBefore
    return
  }
  const refusal = problem.code === 'offline' ? null : problem.title
  if (what === 'join') island.set({ why: 'no answer', refusal })
  else {
    const { language } = island.state
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
    island.set({ offlineSince: clockTime(receivedAt.toISOString(), { zone, language }), refusal })
    askAgain(typeof problem.retry_after_ms === 'number' ? problem.retry_after_ms : retryMs)
  }
}

function askAgain(afterMs: number): void {
  clearTimeout(asking)
  asking = setTimeout(() => void look(), spread(afterMs))
}

/** By a tenth either way, so that not all pages ask at once. */
function spread(ms: number): number {
  return ms * (0.9 + 0.2 * Math.random())
}

function called(): void {
  if (island.state.rings) ring()
  document.querySelector<HTMLElement>('#claim')?.focus()
}

function showClock(leftMs: number): void {
  if (leftMs <= 0) {
    island.set({ clock: null })
    return
  }
  stopClock = startClock(leftMs, (seconds) => {
    island.set({ clock: durationText(1_000 * seconds) })
    // The gateway decides whether the turn has passed, not this clock.
    if (seconds === 0) void look()
  })
}

/** Turns the call into a pass and goes in. Retries while the rate of entry is used up. */
async function claim(page: Island<QueueState>): Promise<void> {
  if (page.state.asking !== null) return
  const known = storedPlace(sent.event.id)
  if (known === undefined) return
  if (passOf(sent.event.id) !== null) {
    location.assign(placesPath)
    return
  }
  page.set({ asking: 'claim' })
  const answer = await ask<ReplyOf<typeof claimPass>>('POST', `/queue/${encodeURIComponent(known.place_id)}/pass`, {
    body: {},
  })
  page.set({ asking: null })
  if (!answer.ok) {
    refused(answer.problem, 'look')
    return
  }
  const { pass, expires_at, next_poll_ms } = answer.value
  if (pass === null || expires_at === null) {
    page.set({ isNext: true })
    setTimeout(() => void claim(page), spread(next_poll_ms))
    return
  }
  // The pass's end is in the gateway's time; our clock measures when it comes.
  const now = Date.parse(answer.headers.get('date') ?? '') || Date.now()
  storePlace({ ...known, pass, pass_ends: Date.now() + Date.parse(expires_at) - now })
  location.assign(placesPath)
}

async function leave(page: Island<QueueState>): Promise<void> {
  const known = storedPlace(sent.event.id)
  if (known === undefined || page.state.asking !== null) return
  const answer = await ask('DELETE', `/queue/${encodeURIComponent(known.place_id)}`)
  if (!answer.ok && answer.problem.status !== 404) {
    refused(answer.problem, 'look')
    return
  }
  clearTimeout(asking)
  stopClock()
  forgetPlace(sent.event.id)
  page.set({ stage: 'over', place: null, why: 'left', clock: null, offlineSince: null })
  document.title = titleBefore
}

/** Counts down to the next automatic step, in the gateway's time: joining, the draw or the sale. */
async function countDownToNext(): Promise<void> {
  const { stage, draw, event } = island.state
  const next = stage === 'early' ? draw?.joins_from : draw !== null && !draw.is_drawn ? draw.opens_at : event.opensAt
  if (next === null || next === undefined) return
  const answer = await ask('GET', eventPath)
  stopCountDown()
  stopCountDown = countDown(
    { opensAt: next, now: answer.ok ? answer.headers.get('date') : null },
    {
      show(words) {
        const { stage: now } = island.state
        if (now === 'early' || now === 'join' || now === 'before') island.set({ clock: words, isDrawing: false })
      },
      open: () => void opened(),
    },
  )
}

/** The countdown has ended. After a draw everybody reads their number from pages of ranks, which caches share. */
async function opened(): Promise<void> {
  const { stage, draw } = island.state
  island.set({ clock: null })
  if (stage === 'early') {
    island.set({ stage: 'join' })
    void countDownToNext()
  } else if (stage === 'before' && draw !== null && !draw.is_drawn) {
    island.set({ isDrawing: true })
    void lookUpNumber()
  } else {
    island.set({ event: { ...island.state.event, opensAt: null } })
    void look()
  }
}

/** Reads the buyer's number from its page of ranks. The place itself is read once that page exists. */
async function lookUpNumber(): Promise<void> {
  clearTimeout(asking)
  const page = Math.floor((arrival ?? 0) / placesAPage)
  const [ranks, serving] = await Promise.all([
    ask<ReplyOf<typeof viewDrawRanks>>('GET', `${eventPath}/queue/draw/ranks/${page}`),
    ask<ReplyOf<typeof viewServing>>('GET', `${eventPath}/queue/serving`),
  ])
  if (serving.ok) showRoom(serving.value)
  const number = ranks.ok && arrival !== null ? ranks.value.numbers[arrival - ranks.value.first] : undefined
  const { place } = island.state
  if (number === undefined || place === null || !serving.ok) {
    asking = setTimeout(() => void lookUpNumber(), drawEveryMs * (0.8 + 0.4 * Math.random()))
    return
  }
  const ahead = Math.max(0, number - serving.value.serving - 1)
  island.set({ stage: 'waiting', place: { ...place, number, ahead, eta_s: null } })
  askAgain(ahead < serving.value.calls_per_minute ? nearMs : farMs)
}

function sessionPath(): string {
  return `/shop/session?to=${encodeURIComponent(`${location.pathname}?join=1`)}`
}
