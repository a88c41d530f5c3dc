import type { Plan, PlanRow } from './plan.ts'
import type { SeatStates } from './states.ts'

/** Where the keyboard cursor is: among the sections and areas, the rows of a section, or the seats of a row. */
export interface Cursor {
  readonly kind: 'section' | 'area' | 'row' | 'seat'
  readonly index: number
}

const directions: Readonly<Record<string, readonly [x: number, y: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

/** The initial position; null on a map without places. */
export function firstCursor(plan: Plan): Cursor | null {
  if (plan.sections.length > 0) return { kind: 'section', index: 0 }
  return plan.areas.length > 0 ? { kind: 'area', index: 0 } : null
}

/** The position after a key, or null if the key does nothing: arrows, Home and End move within a level, Enter and Escape change it. */
export function moveCursor(plan: Plan, states: SeatStates, cursor: Cursor, key: string): Cursor | null {
  const direction = directions[key]
  if (direction !== undefined) return moveTo(plan, cursor, direction)
  if (key === 'Enter') return inside(plan, states, cursor)
  if (key === 'Escape') return outside(plan, cursor)
  if (cursor.kind === 'seat' && (key === 'Home' || key === 'End')) {
    const { first, end } = plan.rows[plan.row[cursor.index] ?? 0] ?? { first: 0, end: 1 }
    return { kind: 'seat', index: key === 'Home' ? first : end - 1 }
  }
  return null
}

/** Arrows follow the screen, not the numbering: some rows begin with seat 1 at the right. */
function moveTo(plan: Plan, cursor: Cursor, direction: readonly [number, number]): Cursor | null {
  if (cursor.kind === 'row') return nextRow(plan, cursor.index, direction)
  if (cursor.kind === 'seat') {
    const { x, y } = plan
    const from = { x: x[cursor.index] ?? 0, y: y[cursor.index] ?? 0 }
    const nearest = new Nearest(from, direction, cursor.index)
    for (const row of plan.sections[plan.section[cursor.index] ?? 0]?.rows ?? []) {
      const { first, end } = plan.rows[row] as PlanRow
      for (let seat = first; seat < end; seat += 1) nearest.look(seat, x[seat] ?? 0, y[seat] ?? 0)
    }
    return nearest.found === undefined ? null : { kind: 'seat', index: nearest.found }
  }
  const { sections, areas } = plan
  const areaMiddles = areas.map(({ box }) => box && { x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2 })
  const from = cursor.kind === 'section' ? sections[cursor.index] : areaMiddles[cursor.index]
  if (!from) return areas.length > 1 ? { kind: 'area', index: (cursor.index + 1) % areas.length } : null
  const self = cursor.kind === 'section' ? cursor.index : sections.length + cursor.index
  const nearest = new Nearest(from, direction, self)
  for (const [index, { x, y }] of sections.entries()) nearest.look(index, x, y)
  for (const [index, middle] of areaMiddles.entries()) {
    if (middle) nearest.look(sections.length + index, middle.x, middle.y)
  }
  if (nearest.found === undefined) return null
  return nearest.found < sections.length
    ? { kind: 'section', index: nearest.found }
    : { kind: 'area', index: nearest.found - sections.length }
}

/** tan 60°. A place farther to the side counts only if there is no other. */
const widest = 1.74

/** The nearest place in a direction; distance to the side counts double. */
class Nearest {
  readonly #from: { readonly x: number; readonly y: number }
  readonly #direction: readonly [number, number]
  readonly #self: number
  #best = Number.POSITIVE_INFINITY
  #bestAside = Number.POSITIVE_INFINITY
  #ahead: number | undefined
  #aside: number | undefined

  constructor(from: { readonly x: number; readonly y: number }, direction: readonly [number, number], self: number) {
    this.#from = from
    this.#direction = direction
    this.#self = self
  }

  look(index: number, x: number, y: number): void {
    const [dx, dy] = this.#direction
    const along = (x - this.#from.x) * dx + (y - this.#from.y) * dy
    const aside = Math.abs((x - this.#from.x) * dy - (y - this.#from.y) * dx)
    if (along <= 0 || index === this.#self) return
    const cost = along + 2 * aside
    if (aside > along * widest) {
      if (cost >= this.#bestAside) return
      this.#bestAside = cost
      this.#aside = index
    } else if (cost < this.#best) {
      this.#best = cost
      this.#ahead = index
    }
  }

  /** Undefined at the edge. */
  get found(): number | undefined {
    return this.#ahead ?? this.#aside
  }
}

/** Rows are visited in order. The direction in which rows follow each other on the screen decides which arrow goes forwards. */
function nextRow(plan: Plan, row: number, [dx, dy]: readonly [number, number]): Cursor | null {
  const rows = plan.sections[plan.rows[row]?.section ?? 0]?.rows ?? []
  const [first, last] = [plan.rows[rows[0] ?? 0]?.box, plan.rows[rows.at(-1) ?? 0]?.box]
  if (first === undefined || last === undefined) return null
  const across = last.left + last.right - first.left - first.right
  const down = last.top + last.bottom - first.top - first.bottom
  const sideOf = (length: number, otherwise: number): number =>
    Math.abs(length) < plan.pitch ? otherwise : Math.sign(length)
  // Rows one behind the other have no neighbour to the side; up and down always work.
  const runs = dy === 0 ? sideOf(across, 0) * dx : sideOf(down, 1) * dy
  const next = rows[rows.indexOf(row) + runs]
  return next === undefined || runs === 0 ? null : { kind: 'row', index: next }
}

/** Enters a section at its first row with a free seat, or a row at its first free seat. */
function inside(plan: Plan, states: SeatStates, { kind, index }: Cursor): Cursor | null {
  if (kind === 'section') {
    const { rows } = plan.sections[index] ?? { rows: [] }
    const row = rows.find((each) => states.freeOfRow(each) > 0) ?? rows[0]
    return row === undefined ? null : { kind: 'row', index: row }
  }
  if (kind !== 'row') return null
  const { first, end } = plan.rows[index] ?? { first: 0, end: 0 }
  for (let seat = first; seat < end; seat += 1) if (states.isFree(seat)) return { kind: 'seat', index: seat }
  return { kind: 'seat', index: first }
}

function outside(plan: Plan, { kind, index }: Cursor): Cursor | null {
  if (kind === 'seat') return { kind: 'row', index: plan.row[index] ?? 0 }
  if (kind === 'row') return { kind: 'section', index: plan.rows[index]?.section ?? 0 }
  return null
}
