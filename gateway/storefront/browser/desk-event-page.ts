import type { viewInvariants } from '#shared/contracts/audit.ts'
import type { ReplyOf, RequestOf } from '#shared/contracts/contract.ts'
import type { viewEventRefunds } from '#shared/contracts/purchase.ts'
import type { viewReport } from '#shared/contracts/reports.ts'
import type { setWaitingRoom, viewServing, WaitingRoom } from '#shared/contracts/waiting-room.ts'
import { noChange } from '../views/desk/change-form.ts'
import { deskEntrance } from '../views/desk/desk-entrance.ts'
import { deskEventPage } from '../views/desk/event-page.ts'
import type { DeskEvent, DeskEventState, EventChange } from '../views/desk/event-state.ts'
import { count } from '../views/format.ts'
import * as words from '../views/words/desk.ts'
import { type Answer, ask } from './api.ts'
import { askOnce } from './ask-once.ts'
import { focusAfterUpdate } from './island.ts'
import { faultText, type StaffPage, startStaffPage } from './staff.ts'

/** How one event sells: asked again every 2 s while somebody looks. */

/** The report; the queue, where it is on. */
const everyMs = 2_000
/** The event itself changes by the forms of this page, or those of another desk. */
const eventEveryMs = 10_000
const invariantsEveryMs = 30_000
/** Older figures are shown with their time. */
const lateMs = 10_000

const desk: StaffPage<DeskEventState> = startStaffPage<DeskEventState>({
  entrance: deskEntrance,
  view: deskEventPage,
  load: look,
  actions: {
    begin: (_, { dataset }) => begin(dataset.wanted as EventChange),
    leave() {
      const { change, isChanging } = island.state
      if (isChanging) return
      island.set(noChange)
      focusButton(change)
    },
    confirm: (_, form) => confirm(form),
    setSpeed: (_, form) => setSpeed(form),
  },
})
const { island } = desk
const path = `/events/${encodeURIComponent(island.state.eventId)}`
const adminPath = `/admin${path}`

let timer: ReturnType<typeof setTimeout> | undefined
let lateTimer: ReturnType<typeof setTimeout> | undefined
let isLooking = false
/** Another look was wanted during this one. */
let isLookWanted = false
/** False once the gateway has answered that nobody had paid. */
let hasRefunds = true
/** `performance.now()` when these were asked for last. */
let eventAt = Number.NEGATIVE_INFINITY
let invariantsAt = Number.NEGATIVE_INFINITY
/** Changes that were sent or answered. */
let changes = 0

document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') return
  island.set({ isLate: true })
  void look()
})
addEventListener('online', () => void look())

/** One look at a time; one that is wanted meanwhile follows at once. Hidden pages do not look. */
async function look(): Promise<void> {
  isLookWanted = isLooking
  if (isLooking) return
  clearTimeout(timer)
  isLooking = true
  let goesOn = true
  try {
    goesOn = await lookNow()
  } finally {
    isLooking = false
    if (document.visibilityState === 'visible') {
      if (isLookWanted) void look()
      else if (goesOn) timer = setTimeout(() => void look(), everyMs)
    }
  }
}

/** Answers whether there is anything to look at again. */
async function lookNow(): Promise<boolean> {
  const now = performance.now()
  const changesBefore = changes
  const [asked, report, room] = await Promise.all([
    now - eventAt < eventEveryMs ? null : desk.ask<DeskEvent>('GET', adminPath),
    desk.ask<ReplyOf<typeof viewReport>>('GET', `${adminPath}/report`),
    desk.ask<WaitingRoom>('GET', `${adminPath}/queue`),
  ])
  // What was asked for before a change must not undo what its answer said.
  const isOld = changes !== changesBefore
  const event = isOld ? null : asked
  const problem = event?.ok === false ? event.problem : report.ok ? undefined : report.problem
  if (event?.ok) {
    eventAt = now
    document.title = `${event.value.name} · ${words.title}`
  }
  if (report.ok) {
    clearTimeout(lateTimer)
    lateTimer = setTimeout(() => island.set({ isLate: true }), lateMs)
  }
  const known = event?.ok ? event.value : island.state.event
  island.set({
    event: known,
    ...(report.ok && { report: report.value }),
    ...(room.ok && !isOld && { room: room.value }),
    isLate: problem !== undefined,
    // Old figures are better than words.
    fault: known === null && problem !== undefined ? faultText(problem) : null,
  })
  if (known === null) return problem?.status !== 401 && problem?.status !== 404
  await Promise.all([lookAtQueue(), lookAtInvariants(now), lookAtRefunds()])
  return island.state.access !== 'closed'
}

async function lookAtQueue(): Promise<void> {
  const { room } = island.state
  if (room === null || room.state === 'off') {
    island.set({ serving: null })
    return
  }
  const serving = await ask<ReplyOf<typeof viewServing>>('GET', `${path}/queue/serving`)
  if (serving.ok) island.set({ serving: serving.value })
}

async function lookAtInvariants(now: number): Promise<void> {
  if (now - invariantsAt < invariantsEveryMs) return
  invariantsAt = now
  const invariants = await desk.ask<ReplyOf<typeof viewInvariants>>('GET', '/admin/invariants')
  island.set({ invariants: invariants.ok ? invariants.value : 'no answer' })
}

async function lookAtRefunds(): Promise<void> {
  const { event, refunds } = island.state
  if (!hasRefunds || event?.status !== 'cancelled' || refunds?.status === 'done') return
  const progress = await desk.ask<ReplyOf<typeof viewEventRefunds>>('GET', `${adminPath}/refunds`)
  if (progress.ok) island.set({ refunds: progress.value })
  // Refunds start before the event is cancelled, so there will be none.
  else if (progress.problem.status === 404) hasRefunds = false
}

function begin(change: EventChange): void {
  if (island.state.isChanging) return
  island.set({ ...noChange, change })
  focusAfterUpdate('#change input, #change h2')
}

async function confirm(form: HTMLElement): Promise<void> {
  const { change, isChanging } = island.state
  if (change === null || change === 'speed' || isChanging) return
  if (change === 'cancel' && form.querySelector('input')?.value.trim().toLowerCase() !== words.confirmWord) {
    island.set({ changeFault: words.notConfirmed })
    form.querySelector('input')?.focus()
    return
  }
  const { done } = words.changes[change]
  switch (change) {
    case 'publish':
    case 'pause':
    case 'resume':
    case 'cancel':
      return carryOut(change, done, () =>
        askOnce<DeskEvent>({ method: 'POST', path: `${adminPath}/${change}`, body: {} }),
      )
    case 'open-room':
    case 'resume-room':
      return changeRoom(change, done, { state: 'open' })
    case 'pause-room':
      return changeRoom(change, done, { state: 'paused' })
    case 'close-room':
      return changeRoom(change, done, { state: 'off' })
  }
}

function setSpeed(form: HTMLElement): void | Promise<void> {
  const { isChanging, language } = island.state
  if (isChanging) return
  const inputs = [...form.querySelectorAll('input')]
  const wrong = inputs.find((input) => !input.checkValidity())
  if (wrong !== undefined) {
    island.set({ ...noChange, change: 'speed', changeFault: words.speedFault })
    wrong.focus()
    return
  }
  const [calls = 1, inside = 1] = inputs.map(({ valueAsNumber }) => valueAsNumber)
  island.set({ ...noChange, change: 'speed' })
  const said = words.speedSet(count(calls, language), count(inside, language))
  return changeRoom('speed', said, { calls_per_minute: calls, max_active: inside })
}

/** `body`: what changes. All else stays as another desk may have set it since. */
function changeRoom(
  change: EventChange,
  said: string,
  body: Omit<RequestOf<typeof setWaitingRoom>, 'event_id'>,
): Promise<void> {
  return carryOut(change, said, () => askOnce<WaitingRoom>({ method: 'PUT', path: `${adminPath}/queue`, body }))
}

async function carryOut(
  change: EventChange,
  said: string,
  send: () => Promise<Answer<DeskEvent | WaitingRoom>>,
): Promise<void> {
  changes += 1
  island.set({ isChanging: true, changeFault: null })
  const answer = desk.heed(await send())
  changes += 1
  if (answer.ok) {
    const { value } = answer
    island.set({
      ...noChange,
      outcome: { of: change, text: said },
      ...('sale' in value ? { event: value } : { room: value }),
    })
    if (change !== 'speed') focusButton(change)
  } else island.set({ isChanging: false, changeFault: faultText(answer.problem) })
  eventAt = Number.NEGATIVE_INFINITY
  void look()
}

/** The form that had the focus is gone: its button takes it, or one beside it. */
function focusButton(change: EventChange | null): void {
  const isOfRoom = change?.endsWith('-room') ?? false
  const beside = isOfRoom ? '.button[id$="-room"]' : '.button[id^="to-"]:not([id$="-room"])'
  queueMicrotask(() => {
    const find = (selector: string) => document.querySelector<HTMLElement>(selector)
    const next = find(`#to-${change}`) ?? find(beside) ?? find('main')
    next?.focus()
  })
}
