export interface RecentMapOptions {
  /** Entries that are kept at least; twice as many at most. */
  readonly size: number
  /** Longer keys are not kept. */
  readonly maxKeyLength?: number
}

/**
 * Keeps the `size` entries that were used last, and up to as many more. When `size` are young they become the old ones, and what
 * was not used since the last time is forgotten. To delete the oldest entry of one Map each time would cost 44 µs with
 * 100,000 entries, because its iterator walks over all that were deleted.
 */
export class RecentMap<Value> {
  readonly #size: number
  readonly #maxKeyLength: number
  #young = new Map<string, Value>()
  #old = new Map<string, Value>()

  constructor({ size, maxKeyLength = Number.POSITIVE_INFINITY }: RecentMapOptions) {
    this.#size = size
    this.#maxKeyLength = maxKeyLength
  }

  get(key: string): Value | undefined {
    // To look it up would read all of it.
    if (key.length > this.#maxKeyLength) return undefined
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: string, value: Value): void {
    if (key.length > this.#maxKeyLength) return
    if (this.#young.size >= this.#size) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }
}
