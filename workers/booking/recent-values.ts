/** Values by key, each at most `maxAgeMs` old. Requests for a value that is being read share that reading. */
export class RecentValues<Value> {
  readonly #maxAgeMs: number
  readonly #maxKeys: number
  /** Oldest first. */
  readonly #seen = new Map<string, { readonly at: number; readonly value: Promise<Value> }>()

  constructor({ maxAgeMs, maxKeys }: { maxAgeMs: number; maxKeys: number }) {
    this.#maxAgeMs = maxAgeMs
    this.#maxKeys = maxKeys
  }

  /** The value of `key` if it is known and not too old. */
  known(key: string): Promise<Value> | undefined {
    const known = this.#seen.get(key)
    return known !== undefined && performance.now() - known.at < this.#maxAgeMs ? known.value : undefined
  }

  /** Notes a value that was read after `at` (`performance.now()`). */
  note(key: string, { at, value }: { at: number; value: Promise<Value> }): void {
    this.#seen.delete(key)
    this.#seen.set(key, { at, value })
    const [oldest] = this.#seen.keys()
    if (this.#seen.size > this.#maxKeys && oldest !== undefined) this.#seen.delete(oldest)
  }

  /** The value of `key`, by `read` when it is not known or too old. What `read` throws is not remembered. */
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
