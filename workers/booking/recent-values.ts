/** A cache of values by key, each at most `maxAgeMs` old. Concurrent requests for a value share one read. */
export class RecentValues<Value> {
  readonly #maxAgeMs: number
  readonly #maxKeys: number
  /** Oldest first. */
  readonly #seen = new Map<string, { readonly at: number; readonly value: Promise<Value> }>()

  constructor({ maxAgeMs, maxKeys }: { maxAgeMs: number; maxKeys: number }) {
    this.#maxAgeMs = maxAgeMs
    this.#maxKeys = maxKeys
  }

  /** The cached value of `key`, if it is not too old. */
  known(key: string): Promise<Value> | undefined {
    const known = this.#seen.get(key)
    return known !== undefined && performance.now() - known.at < this.#maxAgeMs ? known.value : undefined
  }

  /** Stores a value that was read after `at` (`performance.now()`). */
  note(key: string, { at, value }: { at: number; value: Promise<Value> }): void {
    this.#seen.delete(key)
    this.#seen.set(key, { at, value })
    const [oldest] = this.#seen.keys()
    if (this.#seen.size > this.#maxKeys && oldest !== undefined) this.#seen.delete(oldest)
  }

  /** The value of `key`; calls `read` if it is not cached or too old. Errors of `read` are not cached. */
  of(key: string, read: () => Promise<Value>): Promise<Value> {
    const known = this.known(key)
    if (known !== undefined) return known
    const at = performance.now()
    const value = read()
    value.catch(() => {
      if (this.#seen.get(key)?.value === value) this.#seen.delete(key)
    })
    this.note(key, { at, value })
    return value
  }
}
