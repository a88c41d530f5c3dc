import type { ReplyOf } from '#shared/contracts/contract.ts'
import type { viewSeatStates } from '#shared/contracts/seats.ts'
import type { Plan } from './plan.ts'

/** Codes of states, as in `viewSeatStates`. */
export const seatState = { free: 0, held: 1, sold: 2, blocked: 3 } as const

export type SeatChange = readonly [seat: number, state: number]
export type Snapshot = Pick<ReplyOf<typeof viewSeatStates>, 'states' | 'areas'>

/** The state of every seat, one byte each, with a count of free seats for each section and row. */
export class SeatStates {
  readonly #plan: Plan
  readonly #states: Uint8Array
  readonly #freeOfSection: Uint32Array
  readonly #freeOfRow: Uint16Array
  #free = 0
  /** Free places of the general admission areas, in the order of the plan. */
  readonly #freeOfArea: number[]

  /** Before the first snapshot nothing is for sale. */
  constructor(plan: Plan) {
    this.#plan = plan
    this.#states = new Uint8Array(plan.seatCount).fill(seatState.blocked)
    this.#freeOfSection = new Uint32Array(plan.sections.length)
    this.#freeOfRow = new Uint16Array(plan.rows.length)
    this.#freeOfArea = plan.areas.map(() => 0)
  }

  /** Replaces all states by a snapshot; false if it belongs to another layout. */
  load({ states, areas }: Snapshot): boolean {
    const bytes = decodeBase64(states)
    if (bytes.length !== Math.ceil(this.#plan.seatCount / 4)) return false
    this.#freeOfSection.fill(0)
    this.#free = 0
    for (const [index, { section, first, end }] of this.#plan.rows.entries()) {
      let free = 0
      for (let seat = first; seat < end; seat += 1) {
        const state = ((bytes[seat >> 2] ?? 0) >> (2 * (seat & 3))) & 3
        this.#states[seat] = state
        if (state === seatState.free) free += 1
      }
      this.#freeOfRow[index] = free
      this.#freeOfSection[section] = (this.#freeOfSection[section] ?? 0) + free
      this.#free += free
    }
    this.setAreas(areas)
    return true
  }

  setAreas(areas: readonly { readonly area: string; readonly available: number }[]): void {
    for (const { area, available } of areas) {
      const index = this.#plan.areas.findIndex(({ name }) => name === area)
      if (index >= 0) this.#freeOfArea[index] = available
    }
  }

  /** Sets the state of seats and returns the changed ones. Ignores unknown seats. */
  apply(changes: readonly SeatChange[]): number[] {
    const changed: number[] = []
    for (const [seat, state] of changes) {
      const before = this.#states[seat]
      if (before === undefined || before === state) continue
      this.#states[seat] = state
      if (before === seatState.free) this.#count(seat, -1)
      if (state === seatState.free) this.#count(seat, 1)
      changed.push(seat)
    }
    return changed
  }

  of(seat: number): number {
    return this.#states[seat] ?? seatState.blocked
  }

  isFree(seat: number): boolean {
    return this.#states[seat] === seatState.free
  }

  /** Free seats of the whole map. */
  get free(): number {
    return this.#free
  }

  freeOfSection(section: number): number {
    return this.#freeOfSection[section] ?? 0
  }

  freeOfRow(row: number): number {
    return this.#freeOfRow[row] ?? 0
  }

  freeOfArea(area: number): number {
    return this.#freeOfArea[area] ?? 0
  }

  /** The longest run of free neighbouring seats in a row. */
  longestRunOfRow(row: number): number {
    const { first, end } = this.#plan.rows[row] ?? { first: 0, end: 0 }
    let [longest, length] = [0, 0]
    for (let seat = first; seat < end; seat += 1) {
      if (this.#states[seat] !== seatState.free) length = 0
      else length = this.#plan.startsRun[seat] === 1 ? 1 : length + 1
      if (length > longest) longest = length
    }
    return longest
  }

  longestRunOfSection(section: number): number {
    let longest = 0
    for (const row of this.#plan.sections[section]?.rows ?? []) {
      if (this.freeOfRow(row) > longest) longest = Math.max(longest, this.longestRunOfRow(row))
    }
    return longest
  }

  #count(seat: number, by: number): void {
    const section = this.#plan.section[seat] ?? 0
    const row = this.#plan.row[seat] ?? 0
    this.#free += by
    this.#freeOfSection[section] = (this.#freeOfSection[section] ?? 0) + by
    this.#freeOfRow[row] = (this.#freeOfRow[row] ?? 0) + by
  }
}

function decodeBase64(text: string): Uint8Array {
  const binary = atob(text)
  const bytes = new Uint8Array(binary.length)
  for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at)
  return bytes
}
