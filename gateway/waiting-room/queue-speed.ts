/** The window over which the speed is measured, and the shortest part of it that gives a result. */
const windowMs = 60_000
const leastMs = 10_000

/** How fast a queue moves: the growth of `serving` over the last minute, including buyers who did not come. */
export class QueueSpeed {
  #notes: { serving: number; atMs: number }[] = []

  note(serving: number, atMs: number): void {
    // Nobody was called yet: this time says nothing about how fast the queue moves.
    if (serving === 0) this.#notes = []
    this.#notes.push({ serving, atMs })
    // One older sample stays, so that the window is always covered.
    while ((this.#notes[1]?.atMs ?? atMs) < atMs - windowMs) this.#notes.shift()
  }

  /** Numbers a second; undefined if nothing moved or the time is too short. */
  perSecond(nowMs: number): number | undefined {
    const [first] = this.#notes
    const last = this.#notes.at(-1)
    if (first === undefined || last === undefined || nowMs - first.atMs < leastMs) return undefined
    const speed = (last.serving - first.serving) / ((last.atMs - first.atMs) / 1_000)
    return speed > 0 ? speed : undefined
  }
}
