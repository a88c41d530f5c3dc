import type { Html } from '../views/html.ts'
import type { Entrance, StaffState } from '../views/staff-frame.ts'
import * as words from '../views/words/staff.ts'
import { type Answer, type AskOptions, ask, type Fault } from './api.ts'
import { isTransient } from './ask-once.ts'
import { type Action, focusAfterUpdate, type Island, pageState, startIsland } from './island.ts'

/** What all pages for staff, of the desk and the door, do: sign in and out, and read with a cookie that only `/admin` or `/check-in` gets. */

const waitsMs = [500, 1_000, 2_000]

export interface StaffPageParts<State extends StaffState> {
  view(state: State): Html
  readonly actions: Readonly<Record<string, Action<State>>>
  /** Reads what the page shows: once when its script has run, and again when somebody has signed in. */
  load(): Promise<void>
  readonly entrance: Entrance
  /** Called before somebody signs out; false: not now. */
  mayLeave?(): Promise<boolean>
}

export interface StaffPage<State extends StaffState> {
  readonly island: Island<State>
  /** As `ask`; where nobody is signed in any more, the page asks for the key. */
  ask<Value>(method: 'GET' | 'POST' | 'PUT', path: string, options?: AskOptions): Promise<Answer<Value>>
  /** As `ask`, for what a page reads once: asked again while the gateway cannot answer. */
  read<Value>(path: string): Promise<Answer<Value>>
  /** Looks at an answer that came otherwise, such as by `askOnce`. */
  heed<Value>(answer: Answer<Value>): Answer<Value>
}

/** Starts a page that asks for the key of the desk or the door whenever the gateway wants it. */
export function startStaffPage<State extends StaffState>({
  view,
  actions,
  load,
  entrance,
  mayLeave,
}: StaffPageParts<State>): StaffPage<State> {
  const element = document.querySelector<HTMLElement>('main')
  if (element === null) throw new Error('this page has no content')
  const signOut = document.querySelector<HTMLButtonElement>('#sign-out')
  // Members of `StaffState` are members of every state.
  const set = (change: Partial<StaffState>): void => island.set(change as Partial<State>)

  const island: Island<State> = startIsland<State>({
    element,
    state: pageState<State>(),
    view,
    actions: { ...actions, signIn: (_, form) => signIn(form) },
  })

  /** Counted, because a 401 of an earlier request says nothing about a later session. */
  let signIns = 0

  const page: StaffPage<State> = {
    island,
    async ask<Value>(method: 'GET' | 'POST' | 'PUT', path: string, options: AskOptions = {}) {
      const signInsBefore = signIns
      const answer = await ask<Value>(method, path, options)
      return signIns === signInsBefore ? page.heed(answer) : answer
    },
    async read<Value>(path: string) {
      let answer = await ask<Value>('GET', path)
      for (const wait of waitsMs) {
        if (answer.ok || !isTransient(answer.problem)) break
        await new Promise((resolve) => setTimeout(resolve, wait * (0.8 + 0.4 * Math.random())))
        answer = await ask<Value>('GET', path)
      }
      return page.heed(answer)
    },
    heed(answer) {
      const { status } = answer.ok ? answer : answer.problem
      if (status === 401) {
        const wasOpen = island.state.access === 'open'
        set({ access: 'closed' })
        if (wasOpen) focusAfterUpdate('#key')
      }
      // Other refusals come only to those who are signed in; limits and faults of the gateway come to everybody.
      else if (status >= 200 && status < 500 && status !== 429) set({ access: 'open' })
      if (signOut !== null) signOut.hidden = island.state.access !== 'open'
      return answer
    },
  }

  async function signIn(form: HTMLElement): Promise<void> {
    if (island.state.isSigningIn) return
    const input = form.querySelector('input')
    const key = input?.value.trim() ?? ''
    set({ keyFault: key === '' ? entrance.missing : null, isSigningIn: key !== '' })
    if (key !== '') {
      const answer = await ask('POST', entrance.path, { body: { key } })
      set({ isSigningIn: false, keyFault: answer.ok ? null : keyFaultOf(answer.problem) })
      if (answer.ok) {
        signIns += 1
        page.heed(answer)
        if (input !== null) input.value = ''
        await load()
        return
      }
    }
    input?.focus()
  }

  signOut?.addEventListener('click', async () => {
    if (mayLeave !== undefined && !(await mayLeave())) return
    await ask('DELETE', entrance.path)
    // All that was read is forgotten with the page.
    location.assign(entrance.home ?? location.pathname)
  })
  // A page from the back-forward cache may be of somebody who has signed out since.
  addEventListener('pageshow', ({ persisted }) => persisted && location.reload())
  queueMicrotask(() => void load())
  return page
}

function keyFaultOf({ status, code, detail }: Fault): string {
  if (code === 'offline') return words.offline
  if (status === 401) return words.keyWrong
  return status === 429 ? words.tooMany : detail
}

/** What a page says in place of its data. Null while the form for the key is shown. */
export function faultText({ code, status, detail }: Fault): string | null {
  if (status === 401) return null
  return code === 'offline' ? words.offline : words.failed(detail)
}
