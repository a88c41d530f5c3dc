/** A lost seat stays in the list for so long, struck through. */
const lostForMs = 8_000

/** The seats that a buyer chose, in the order of choosing, with those that somebody else took a moment ago. */
export class ChosenSeats {
  /** By number, with the time at which somebody else took it. */
  readonly #chosen = new Map<number, number | null>()

  constructor(seats: readonly number[]) {
    for (const seat of seats) this.#chosen.set(seat, null)
  }

  /** Without those that were lost. */
  get seats(): readonly number[] {
    return [...this.#chosen].flatMap(([seat, lostAt]) => (lostAt === null ? [seat] : []))
  }

  /** All, in order; `isLost`: somebody else took it. */
  entries(): readonly { readonly seat: number; readonly isLost: boolean }[] {
    return Array.from(this.#chosen, ([seat, lostAt]) => ({ seat, isLost: lostAt !== null }))
  }

  has(seat: number): boolean {
    return this.#chosen.get(seat) === null
  }

  add(seat: number): void {
    this.#chosen.set(seat, null)
  }

  /** Answers whether it was there, chosen or lost. */
  delete(seat: number): boolean {
    return this.#chosen.delete(seat)
  }

  clear(): void {
    this.#chosen.clear()
  }

  /** Marks the chosen seats that are no longer free as lost, and answers them; `forgotten` is called when they leave the list. */
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

  /** Drops what was lost, and what is not free. */
  keepOnly(isFree: (seat: number) => boolean): void {
    for (const [seat, lostAt] of this.#chosen) if (lostAt !== null || !isFree(seat)) this.#chosen.delete(seat)
  }
}
