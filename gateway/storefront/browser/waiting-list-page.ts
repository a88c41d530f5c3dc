import type { WaitingEntry } from '#shared/contracts/waiting-list.ts'
import { type WaitingListState, waitingListPage } from '../views/waiting-list-page.ts'
import { waitingListWords } from '../views/words/waiting-list.ts'
import { ask, type Fault } from './api.ts'
import { askOnce } from './ask-once.ts'
import { startClock } from './hold-timer.ts'
import { type Island, pageState, startIsland } from './island.ts'
import { forgetPass, passOf, queuePath } from './queue-places.ts'
import { durationText } from './sale-opening.ts'

/** The page of a waiting list: joins, leaves, and shows an offer as soon as it arrives. */

const element = document.querySelector<HTMLElement>('main')
if (element === null) throw new Error('this page has no content')

const sent = pageState<WaitingListState>()
const path = `/events/${encodeURIComponent(sent.event.id)}/waiting-list`
/** Often enough for offers, which usually last half an hour. */
const lookEveryMs = 10_000

let looking: ReturnType<typeof setTimeout> | undefined
let stopClock = (): void => undefined

const island = startIsland<WaitingListState>({
  element,
  state: { ...sent, isLive: true },
  view: waitingListPage,
  actions: {
    step: (page, { dataset }) =>
      page.set({ qty: Math.min(sent.limit, Math.max(1, page.state.qty + Number(dataset.step))) }),
    wish: (page, select) => {
      const { value } = select as HTMLSelectElement
      page.set({ wish: value === '' ? null : Number(value) })
    },
    join: (page) => join(page),
    leave: (page) => leave(page),
  },
})
island.set({})
show(sent.entry)
document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && void look())
addEventListener('online', () => void look())
// A page restored from the back-forward cache shows an old state.
addEventListener('pageshow', ({ persisted }) => {
  if (!persisted) return
  island.set({ isAsking: false })
  void look()
})

async function join(page: Island<WaitingListState>): Promise<void> {
  const { isAsking, qty, wish, wishes } = page.state
  if (isAsking) return
  page.set({ isAsking: true, fault: null })
  const wanted = wish === null ? undefined : wishes[wish]
  const body = {
    qty,
    ...(wanted === undefined ? {} : { [wanted.kind]: wanted.kind === 'accessible' ? true : wanted.name }),
  }
  const pass = passOf(sent.event.id)
  const answer = await askOnce<WaitingEntry>(
    { method: 'POST', path, body },
    pass === null ? {} : { queuePass: pass.pass },
  )
  page.set({ isAsking: false })
  if (answer.ok) show(answer.value)
  else if (answer.problem.code === 'already_waiting') void look()
  else if (/^pass_/.test(answer.problem.code)) {
    forgetPass(sent.event.id)
    location.assign(queuePath(sent.event.id))
  } else page.set({ fault: faultOf(answer.problem) })
}

async function leave(page: Island<WaitingListState>): Promise<void> {
  if (page.state.isAsking) return
  page.set({ isAsking: true, fault: null })
  const answer = await askOnce({ method: 'DELETE', path, body: undefined })
  page.set({ isAsking: false })
  if (!answer.ok) page.set({ fault: faultOf(answer.problem) })
  else if (page.state.entry !== null) show({ ...page.state.entry, status: 'left', ahead: null })
}

async function look(): Promise<void> {
  const answer = await ask<WaitingEntry>('GET', path)
  if (answer.ok) show(answer.value)
  else if (answer.problem.code !== 'not_found') lookAgain()
}

function show(entry: WaitingEntry | null): void {
  stopClock()
  island.set({ entry, clock: null, ...(entry === null ? {} : { fault: null }) })
  if (entry === null) return
  if (entry.status === 'offered' && entry.offer_expires_in_ms !== null) {
    stopClock = startClock(entry.offer_expires_in_ms, (seconds) => island.set({ clock: durationText(1_000 * seconds) }))
  }
  if (entry.status === 'waiting' || entry.status === 'offered') lookAgain()
}

function lookAgain(): void {
  clearTimeout(looking)
  looking = setTimeout(() => void look(), lookEveryMs * (0.8 + 0.4 * Math.random()))
}

function faultOf({ code, title, detail }: Fault) {
  if (code === 'not_sold_out') return { title: waitingListWords.freeTitle, text: waitingListWords.freeText }
  return code === 'offline' ? { title: title, text: waitingListWords.offline } : { title, text: detail }
}
