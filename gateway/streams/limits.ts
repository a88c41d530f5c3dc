import { TicketingError } from '#shared/errors.ts'
import type { StreamMetrics } from './metrics.ts'

/** How long a refused client should poll the snapshot before it tries again. */
const retryAfterMs = 10_000

export interface StreamMaxima {
  readonly ofCaller: number
  readonly all: number
}

/** Limits how many streams are open at once, per caller and in total, so that no caller keeps others out. */
export class StreamLimits {
  readonly #max: StreamMaxima
  readonly #metrics: StreamMetrics
  readonly #byCaller = new Map<string, number>()
  #all = 0

  constructor({ max, metrics }: { max: StreamMaxima; metrics: StreamMetrics }) {
    this.#max = max
    this.#metrics = metrics
  }

  /** Takes a slot. Returns a function that frees it, to be called once. Throws `rate_limited` or `stream_full`. */
  take(caller: string): () => void {
    const ofCaller = this.#byCaller.get(caller) ?? 0
    if (ofCaller >= this.#max.ofCaller) {
      this.#metrics.refused('caller')
      const detail = `At most ${this.#max.ofCaller} streams at once; close one of them.`
      throw new TicketingError('rate_limited', detail, { extra: { retry_after_ms: retryAfterMs } })
    }
    if (this.#all >= this.#max.all) throw this.full()
    this.#byCaller.set(caller, ofCaller + 1)
    this.#all += 1
    return () => {
      this.#all -= 1
      const left = (this.#byCaller.get(caller) ?? 1) - 1
      if (left === 0) this.#byCaller.delete(caller)
      else this.#byCaller.set(caller, left)
    }
  }

  /** The refusal when the gateway has no free slot. */
  full(): TicketingError {
    this.#metrics.refused('all')
    const detail = 'There are too many streams; poll the states of the seats instead.'
    return new TicketingError('stream_full', detail, { extra: { retry_after_ms: retryAfterMs } })
  }
}
