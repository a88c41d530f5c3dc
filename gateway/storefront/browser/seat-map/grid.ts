import type { Box } from './geometry.ts'
import type { Plan } from './plan.ts'

/** Side of a cell, in pitches. Seats are evenly dense, so a tree would gain nothing. */
const cellPitches = 4
/** If the pitch is tiny compared with the plan, cells become larger, so that there are not millions of them. */
const maxCellsAcross = 1_000

/** A spatial index of seats: a grid of cells in two typed arrays, filled by a counting sort. */
export class SeatGrid {
  readonly #plan: Plan
  readonly #cell: number
  readonly #columns: number
  readonly #lines: number
  /** Start of each cell in `#seats`. */
  readonly #starts: Uint32Array
  readonly #seats: Uint32Array

  constructor(plan: Plan) {
    this.#plan = plan
    const { left, top, right, bottom } = plan.box
    this.#cell = Math.max(plan.pitch * cellPitches, (right - left) / maxCellsAcross, (bottom - top) / maxCellsAcross)
    this.#columns = Math.floor((right - left) / this.#cell) + 1
    this.#lines = Math.floor((bottom - top) / this.#cell) + 1
    this.#starts = new Uint32Array(this.#columns * this.#lines + 1)
    this.#seats = new Uint32Array(plan.seatCount)
    const cells = new Uint32Array(plan.seatCount)
    for (let seat = 0; seat < plan.seatCount; seat += 1) {
      const cell = this.#line(plan.y[seat] ?? 0) * this.#columns + this.#column(plan.x[seat] ?? 0)
      cells[seat] = cell
      this.#starts[cell + 1] = (this.#starts[cell + 1] ?? 0) + 1
    }
    for (let cell = 1; cell < this.#starts.length; cell += 1) {
      this.#starts[cell] = (this.#starts[cell] ?? 0) + (this.#starts[cell - 1] ?? 0)
    }
    const next = this.#starts.slice()
    for (let seat = 0; seat < plan.seatCount; seat += 1) {
      const cell = cells[seat] ?? 0
      const at = next[cell] ?? 0
      this.#seats[at] = seat
      next[cell] = at + 1
    }
  }

  /** Calls `visit` with each seat whose cell meets the box; some of these seats lie just outside it. */
  forEachNear(box: Box, use: (seat: number) => void): void {
    const [firstColumn, lastColumn] = [this.#column(box.left), this.#column(box.right)]
    const [firstLine, lastLine] = [this.#line(box.top), this.#line(box.bottom)]
    for (let line = firstLine; line <= lastLine; line += 1) {
      const end = this.#starts[line * this.#columns + lastColumn + 1] ?? 0
      for (let at = this.#starts[line * this.#columns + firstColumn] ?? 0; at < end; at += 1) use(this.#seats[at] ?? 0)
    }
  }

  /** The nearest seat within a distance, in plan units. */
  nearest(x: number, y: number, within: number): number | undefined {
    let found: number | undefined
    let best = within
    this.forEachNear({ left: x - within, right: x + within, top: y - within, bottom: y + within }, (seat) => {
      const distance = Math.hypot((this.#plan.x[seat] ?? 0) - x, (this.#plan.y[seat] ?? 0) - y)
      if (distance > best) return
      found = seat
      best = distance
    })
    return found
  }

  #column(x: number): number {
    return Math.min(this.#columns - 1, Math.max(0, Math.floor((x - this.#plan.box.left) / this.#cell)))
  }

  #line(y: number): number {
    return Math.min(this.#lines - 1, Math.max(0, Math.floor((y - this.#plan.box.top) / this.#cell)))
  }
}
