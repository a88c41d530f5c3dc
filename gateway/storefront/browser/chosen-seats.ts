/** How long a lost seat stays in the list, struck through. */
const lostForMs = 8_000

/** The seats that a buyer chose, in the order of choosing, and those among them that somebody else has just taken. */
export class ChosenSeats {
  /** By seat number: the time at which somebody else took it. */
  readonly #chosen = new Map<number, number | null>()

  constructor(seats: readonly number[]) {
    for (const seat of seats) this.#chosen.set(seat, null)
  }

  /** Without lost seats. */
  get seats(): readonly number[] {
    return [...this.#chosen].flatMap(([seat, lostAt]) => (lostAt === null ? [seat] : []))
  }

  /** All seats in order; `isLost`: somebody else took it. */
  entries(): readonly { readonly seat: number; readonly isLost: boolean }[] {
    return Array.from(this.#chosen, ([seat, lostAt]) => ({ seat, isLost: lostAt !== null }))
  }

  has(seat: number): boolean {
    return this.#chosen.get(seat) === null
  }

  add(seat: number): void {
    this.#chosen.set(seat, null)
  }

  /** Returns whether the seat was in the list, chosen or lost. */
  delete(seat: number): boolean {
    return this.#chosen.delete(seat)
  }

  clear(): void {
    this.#chosen.clear()
  }

  /** Marks chosen seats that are no longer free as lost, and returns them. Calls `forgotten` when they leave the list. */
  lose(isFree: (seat: number) => boolean, forgotten: () => void): readonly number[] {
    const lost = this.seats.filter((seat) => !isFree(seat))
    if (lost.length === 0) return lost
    for (const seat of lost) this.#chosen.set(seat, performance.now())
    setTimeout(() => {
      for (const seat of lost) if (this.#chosen.get(seat) !== null) this.#chosen.delete(seat)
      forgotten()
    }, lostForMs)
    return lost
  }

  /** Removes seats that are lost or not free. */
  keepOnly(isFree: (seat: number) => boolean): void {
    for (const [seat, lostAt] of this.#chosen) if (lostAt !== null || !isFree(seat)) this.#chosen.delete(seat)
  }
}
