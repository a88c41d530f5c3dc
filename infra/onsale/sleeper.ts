/**
 * Waits of ten thousand buyers that all end at once when the run is stopped. A listener of one signal for each would cost more than the
 * waits: taking one off searches through all of them.
 */
export class Sleeper {
  readonly #wakers = new Set<() => void>()
  readonly #stopping: AbortSignal

  constructor(stopping: AbortSignal) {
    this.#stopping = stopping
    stopping.addEventListener('abort', () => {
      for (const wake of this.#wakers) wake()
    })
  }

  /** Resolves after so many ms, or when the run is stopped; answers whether it goes on. */
  async sleep(ms: number): Promise<boolean> {
    if (this.#stopping.aborted) return false
    await new Promise<void>((resolve) => {
      const wake = (): void => {
        clearTimeout(timer)
        this.#wakers.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, Math.max(0, ms))
      this.#wakers.add(wake)
    })
    return !this.#stopping.aborted
  }
}
