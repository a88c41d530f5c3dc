/** Over which time the pace is taken, and from how much of it on it is known. */
const windowMs = 60_000
const leastMs = 10_000

/** How fast a queue moves: the growth of `serving` over the last minute, which counts no-shows as well. */
export class Pace {
  #notes: { serving: number; atMs: number }[] = []

  note(serving: number, atMs: number): void {
    // Nobody was called yet: the time until then says nothing of how fast the queue moves.
    if (serving === 0) this.#notes = []
    this.#notes.push({ serving, atMs })
    // One older than the window stays, so that the window is always covered.
    while ((this.#notes[1]?.atMs ?? atMs) < atMs - windowMs) this.#notes.shift()
  }

  /** Numbers a second; undefined while nothing moved, or for too short a time. */
  perSecond(nowMs: number): number | undefined {
    const [first] = this.#notes
    const last = this.#notes.at(-1)
    if (first === undefined || last === undefined || nowMs - first.atMs < leastMs) return undefined
    const pace = (last.serving - first.serving) / ((last.atMs - first.atMs) / 1_000)
    return pace > 0 ? pace : undefined
  }
}
