import { count } from '../views/format.ts'
import * as words from '../views/words/event.ts'
import { cursorName, type Writing } from './place-lines.ts'
import { startKeyboard } from './seat-map/map-keyboard.ts'
import type { Plan } from './seat-map/plan.ts'
import { SeatMap } from './seat-map/seat-map.ts'
import type { SeatStates } from './seat-map/states.ts'

export interface SeatMapStart {
  readonly plan: Plan
  readonly states: SeatStates
  readonly writing: Writing
  isYours(seat: number): boolean
  onSeat(seat: number): void
  onArea(area: number): void
}

/** Puts the map into its frame, with the buttons that the keyboard uses. Call `rename` when names of places have changed. */
export function startSeatMap(frame: Element, use: SeatMapStart): { readonly map: SeatMap; rename(): void } {
  const { plan, states, writing, isYours, onSeat, onArea } = use
  const canvas = document.createElement('canvas')
  canvas.setAttribute('aria-hidden', 'true')
  const keyboard = document.createElement('div')
  keyboard.className = 'map-keyboard'
  keyboard.setAttribute('role', 'group')
  keyboard.setAttribute('aria-label', words.seatMap)
  const buttons = [document.createElement('button'), document.createElement('button')] as const
  for (const button of buttons) {
    button.type = 'button'
    button.title = words.seatMapHelp
  }
  keyboard.append(...buttons)
  frame.replaceChildren(canvas, keyboard)
  const leftWords = (free: number): string => words.left(count(free, writing.language))
  const map = new SeatMap({ canvas, plan, states, leftWords, onSeat, onArea })
  const rename = startKeyboard(buttons, {
    plan,
    states,
    isYours,
    nameOf: (cursor) => cursorName(plan, states, cursor, { ...writing, isYours }),
    onMove: (cursor) => map.setCursor(cursor),
    onSeat,
    onArea,
    onZoom: (factor) => map.zoomBy(factor),
  })
  return { map, rename }
}
