import { monitorEventLoopDelay } from 'node:perf_hooks'

/** How long answers take at most, without the time in which a busy machine lets this thread look at none. */
export class Waits {
  readonly #loop = monitorEventLoopDelay({ resolution: 1 })
  #longestMs = 0

  constructor() {
    this.#loop.enable()
  }

  async add<Answer>(asked: Answer | Promise<Answer>): Promise<Answer> {
    const began = performance.now()
    try {
      return await asked
    } finally {
      this.#longestMs = Math.max(this.#longestMs, performance.now() - began)
    }
  }

  longestMs(): number {
    return this.#longestMs - this.#loop.max / 1e6
  }
}
