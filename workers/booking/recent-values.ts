/** Values by key, each at most `maxAgeMs` old. Whoever asks while one is being read shares that reading. */
export class RecentValues<Value> {
  readonly #maxAgeMs: number
  readonly #maxKeys: number
  /** Oldest first. */
  readonly #seen = new Map<string, { readonly at: number; readonly value: Promise<Value> }>()

  constructor({ maxAgeMs, maxKeys }: { maxAgeMs: number; maxKeys: number }) {
    this.#maxAgeMs = maxAgeMs
    this.#maxKeys = maxKeys
  }

  /** The value of `key`, by `read` when it is not known or too old. What `read` throws is not remembered. */
  of(key: string, read: () => Promise<Value>): Promise<Value> {
    const at = performance.now()
    const known = this.#seen.get(key)
    if (known !== undefined && at - known.at < this.#maxAgeMs) return known.value
    const value = read()
    value.catch(() => {
      if (this.#seen.get(key)?.value === value) this.#seen.delete(key)
    })
    this.#seen.delete(key)
    this.#seen.set(key, { at, value })
    const [oldest] = this.#seen.keys()
    if (this.#seen.size > this.#maxKeys && oldest !== undefined) this.#seen.delete(oldest)
    return value
  }
}
