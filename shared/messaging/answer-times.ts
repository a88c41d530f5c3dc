const shortestMs = 20
/** As long as too little is known. */
const unknownMs = 100
const remembered = 200
const quantile = 0.99
/** Sorting takes some 5 µs: once for so many answers. */
const sortedEvery = 50

/** How long answers of an operation take, by the last 200 of them. */
export class AnswerTimes {
  readonly #lastMs = new Float64Array(remembered)
  #count = 0
  #usualMs = unknownMs

  add(ms: number): void {
    this.#lastMs[this.#count % remembered] = ms
    this.#count += 1
    if (this.#count % sortedEvery !== 0) return
    const sorted = this.#lastMs.slice(0, this.#count).sort()
    this.#usualMs = sorted[Math.floor(quantile * (sorted.length - 1))] ?? unknownMs
  }

  /** Nearly all answers came within that; at least 20 ms, at most a third of `deadlineMs`. */
  usualMs(deadlineMs: number): number {
    return Math.min(Math.max(shortestMs, this.#usualMs), deadlineMs / 3)
  }
}
