import { type Cursor, firstCursor, moveCursor } from './keys.ts'
import type { Plan } from './plan.ts'
import type { SeatStates } from './states.ts'

export interface KeyboardUse {
  readonly plan: Plan
  readonly states: SeatStates
  isYours(seat: number): boolean
  /** A place's name for screen readers: `LOGE12, 38 of 356 free, from USD 189.50`. */
  nameOf(cursor: Cursor): string
  /** Called when the keyboard is at a place, or has left the map. */
  onMove(cursor: Cursor | null): void
  onSeat(seat: number): void
  onArea(area: number): void
  onZoom(factor: number): void
}

/**
 * Makes the map usable by keyboard. The canvas is hidden from screen readers; one of two buttons next to it has the focus. Each move writes
 * the new place's name into the other button and focuses it, so that every screen reader announces it. Returns a function that updates the
 * current name after a change of the place.
 */
export function startKeyboard(buttons: readonly [HTMLButtonElement, HTMLButtonElement], use: KeyboardUse): () => void {
  let cursor = firstCursor(use.plan)
  let [shown, other] = buttons
  const write = (button: HTMLButtonElement, at: Cursor): void => {
    button.textContent = use.nameOf(at)
    if (at.kind === 'seat') button.setAttribute('aria-pressed', String(use.isYours(at.index)))
    else button.removeAttribute('aria-pressed')
  }
  const go = (next: Cursor): void => {
    cursor = next
    write(other, next)
    other.hidden = false
    // Before the first button is hidden: hiding an element loses its focus.
    other.focus({ preventScroll: true })
    shown.hidden = true
    ;[shown, other] = [other, shown]
    use.onMove(next)
  }
  const choose = (at: Cursor): void => {
    if (at.kind === 'area') use.onArea(at.index)
    else if (at.kind === 'seat') {
      use.onSeat(at.index)
      write(shown, at)
    }
  }
  const press = (key: string): boolean => {
    if (cursor === null) return false
    if (key === '+' || key === '=' || key === '-') {
      use.onZoom(key === '-' ? 1 / 1.5 : 1.5)
      return true
    }
    if ((key === 'Enter' || key === ' ') && (cursor.kind === 'seat' || cursor.kind === 'area')) {
      choose(cursor)
      return true
    }
    const next = moveCursor(use.plan, use.states, cursor, key === ' ' ? 'Enter' : key)
    if (next !== null) go(next)
    return next !== null || key.startsWith('Arrow')
  }
  for (const button of buttons) {
    button.addEventListener('keydown', (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey || !press(event.key)) return
      event.preventDefault()
      event.stopPropagation()
    })
    // Screen readers click instead of sending keys.
    button.addEventListener('click', () => press('Enter'))
    button.addEventListener('focus', () => use.onMove(cursor))
    button.addEventListener('blur', (event) => {
      if (!buttons.some((each) => each === event.relatedTarget)) use.onMove(null)
    })
  }
  other.hidden = true
  if (cursor === null) shown.hidden = true
  else write(shown, cursor)
  return () => {
    if (cursor !== null) write(shown, cursor)
  }
}
