/*
 * Retries are paid for in advance, a tenth of one by each call: when everything is slow or away, they add a tenth to its load and
 * no more. What is earned by time beside that lets a single frozen worker be helped while there is little traffic.
 */

const earnedPerCall = 0.1
const earnedPerSecond = 10
/** So many can be saved up. */
const maxSaved = 100

/** What one process has saved up for retries; it begins with all that can be. */
export class RetryBudget {
  #saved = maxSaved
  #countedAt = performance.now()

  /** A call is made. */
  earn(): void {
    this.#saved = Math.min(maxSaved, this.#saved + earnedPerCall)
  }

  /** Whether there is enough for a retry, which then is spent. */
  spend(): boolean {
    const now = performance.now()
    this.#saved = Math.min(maxSaved, this.#saved + ((now - this.#countedAt) / 1_000) * earnedPerSecond)
    this.#countedAt = now
    if (this.#saved < 1) return false
    this.#saved -= 1
    return true
  }
}
