import morphdom from 'morphdom'
import type { Html } from '../views/html.ts'
import { elementsOf } from './trusted-html.ts'

/** The part of the page that the script updates. One for each page: several states could contradict each other. */
export interface Island<State> {
  readonly state: Readonly<State>
  /** Changes parts of the state. The page is updated once, after all changes of the current task. */
  set(change: Partial<State>): void
}

/** Handles a click, a change or a submitted form. `element`: the one that names the action. */
export type Action<State> = (island: Island<State>, element: HTMLElement, event: Event) => void | Promise<void>

export interface IslandParts<State> {
  readonly element: HTMLElement
  readonly state: State
  view(state: State): Html
  /** By the name in `data-click`, `data-change` and `data-submit`. */
  readonly actions: Readonly<Record<string, Action<State>>>
}

/** The state that the server wrote into `data-state` of the page. */
export function pageState<State>(): State {
  const { state } = document.querySelector<HTMLElement>('[data-state]')?.dataset ?? {}
  if (state === undefined) throw new Error('this page has no state')
  return JSON.parse(state) as State
}

/** Keeps an element equal to `view` of the state. The content from the server stays until the first `set`. */
export function startIsland<State extends object>({
  element,
  state,
  view,
  actions,
}: IslandParts<State>): Island<State> {
  let isDue = false
  const island = {
    state,
    set(change: Partial<State>): void {
      island.state = { ...island.state, ...change }
      if (isDue) return
      isDue = true
      queueMicrotask(() => {
        isDue = false
        patch(element, view(island.state))
      })
    },
  }
  const listen = (type: 'click' | 'change' | 'submit'): void =>
    element.addEventListener(type, (event) => {
      const target = event.target instanceof Element ? event.target.closest<HTMLElement>(`[data-${type}]`) : null
      const name = target?.dataset[type]
      if (target === null || name === undefined || !element.contains(target)) return
      // Forms and links that the script takes over also work without it.
      if (type === 'submit' || target instanceof HTMLAnchorElement) event.preventDefault()
      actions[name]?.(island, target, event)
    })
  listen('click')
  listen('change')
  listen('submit')
  return island
}

/** Focuses the first such element once the page shows the state that was just set. */
export function focusAfterUpdate(selector: string): void {
  queueMicrotask(() => document.querySelector<HTMLElement>(selector)?.focus())
}

/**
 * Changes only what differs, so that focus, selection, scroll position and typed text stay. Elements that can have the focus, and elements
 * that a script draws into, need an `id` if something may appear before them: elements without one are matched by position.
 */
export function patch(element: HTMLElement, content: Html): void {
  const wanted = element.cloneNode(false) as HTMLElement
  wanted.append(elementsOf(content))
  const restoreFocus = rememberFocus()
  morphdom(element, wanted, {
    childrenOnly: true,
    onBeforeElUpdated: keepWhatIsTheReaders,
    // The content of these elements belongs to a script, such as the canvas of a seat map.
    onBeforeElChildrenUpdated: (_, { dataset }) => dataset.own === undefined,
  })
  restoreFocus()
}

/** Returns a function that restores the focus, which an element loses when it is moved. */
function rememberFocus(): () => void {
  const focused = document.activeElement
  if (!(focused instanceof HTMLElement)) return () => undefined
  const isText = focused instanceof HTMLInputElement || focused instanceof HTMLTextAreaElement
  const { selectionStart = null, selectionEnd = null } = isText ? focused : {}
  return () => {
    if (document.activeElement === focused || !focused.isConnected) return
    focused.focus({ preventScroll: true })
    if (isText && selectionStart !== null) focused.setSelectionRange(selectionStart, selectionEnd)
  }
}

/** Copies what the reader changed in the old element to the new one. Returns whether any other difference is left. */
function keepWhatIsTheReaders(old: HTMLElement, wanted: HTMLElement): boolean {
  const isDisclosure = old instanceof HTMLDetailsElement || old instanceof HTMLDialogElement
  if (isDisclosure) wanted.toggleAttribute('open', old.open)
  if (old.isEqualNode(wanted)) {
    // A box with an action shows the state, even if the reader pressed it and the state did not change.
    if (old instanceof HTMLInputElement && wanted instanceof HTMLInputElement && isControlled(old)) {
      old.checked = wanted.checked
    }
    return hasControlledBox(old)
  }
  if (old instanceof HTMLInputElement && wanted instanceof HTMLInputElement && !isControlled(old)) {
    if (old.getAttribute('value') === wanted.getAttribute('value')) wanted.value = old.value
    if (old.hasAttribute('checked') === wanted.hasAttribute('checked')) wanted.checked = old.checked
  }
  if (old instanceof HTMLTextAreaElement && wanted instanceof HTMLTextAreaElement) wanted.value = old.value
  if (old instanceof HTMLSelectElement && wanted instanceof HTMLSelectElement) {
    for (const option of wanted.options) option.toggleAttribute('selected', option.value === old.value)
  }
  return true
}

function isControlled({ type, dataset }: HTMLInputElement): boolean {
  const isBox = type === 'checkbox' || type === 'radio'
  return isBox && (dataset.change !== undefined || dataset.click !== undefined)
}

/** Equal elements are skipped, unless a box in them may differ from the state. */
function hasControlledBox(element: HTMLElement): boolean {
  return element.querySelector('input[data-change], input[data-click]') !== null
}
