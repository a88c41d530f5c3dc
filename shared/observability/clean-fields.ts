import { isSecretName, mask, type Redact } from './redact.ts'

const maxTextLength = 4_096
/** Characters of all values of a line, plus one each for punctuation. JSON may write a character as six, so a line stays below 64 KB. */
const maxCharacters = 9_000
const maxDepth = 6
const maxMembers = 100
/** A long text is redacted with this much more after its end, then cut, so that a secret across the end is also found. */
const maxSecretLength = 1_024

/**
 * Makes log fields fit for JSON: no secrets; bounded length, depth and number; each error as name, message, code, stack and
 * cause. Marks omissions. Never throws. One instance cleans one line.
 */
export class FieldCleaner {
  readonly #redact: Redact
  #charactersLeft = maxCharacters

  constructor(redact: Redact) {
    this.#redact = redact
  }

  /** The text, or its beginning if it is too long. */
  text(text: string): string {
    const isCut = text.length > maxTextLength + maxSecretLength
    const clean = this.#redact(isCut ? text.slice(0, maxTextLength + maxSecretLength) : text)
    const room = Math.min(maxTextLength, this.#charactersLeft, isCut ? clean.length - maxSecretLength : clean.length)
    const kept = room < clean.length ? `${clean.slice(0, Math.max(0, room))}…` : clean
    this.#take(kept.length)
    return kept
  }

  value(value: unknown, depth: number): unknown {
    this.#take(1)
    if (typeof value === 'string') return this.text(value)
    if (typeof value === 'number') return this.#number(value)
    if (typeof value === 'bigint') return this.text(String(value))
    if (typeof value === 'function' || typeof value === 'symbol') return this.#plain(`[${typeof value}]`)
    return typeof value === 'object' && value !== null ? this.#object(value, depth) : this.#plain(value)
  }

  member(name: string, value: unknown, depth = 0): unknown {
    const isSecret = isSecretName(name) && value !== null && typeof value !== 'boolean'
    return isSecret ? this.#plain(mask) : this.value(value, depth)
  }

  #number(value: number): number | string {
    // The shortest card numbers have 14 digits.
    if (value < 1e13 || !Number.isInteger(value)) return this.#plain(value)
    const text = String(value)
    const clean = this.#redact(text)
    return this.#plain(clean === text ? value : clean)
  }

  /** A short value without secrets. */
  #plain<T>(value: T): T {
    this.#take(String(value).length)
    return value
  }

  #take(characters: number): void {
    this.#charactersLeft = Math.max(0, this.#charactersLeft - characters)
  }

  /** The first values, while there is room. */
  *#fitting<T>(values: readonly T[]): Generator<T> {
    for (const value of values.slice(0, maxMembers)) {
      if (this.#charactersLeft === 0) return
      yield value
    }
  }

  #object(value: object, depth: number): unknown {
    if (depth >= maxDepth || this.#charactersLeft === 0) return '[…]'
    try {
      if (value instanceof Error) return this.#members(errorFields(value), depth)
      if (value instanceof Date || value instanceof URL) return this.text(String(value.toJSON()))
      if (ArrayBuffer.isView(value)) return this.#plain(`[${value.byteLength} bytes]`)
      if (Array.isArray(value)) return this.#list(value, depth)
      return this.#members(Object.entries(value), depth)
    } catch (error) {
      return this.text(`[unreadable: ${(error as Error)?.message}]`)
    }
  }

  #list(values: readonly unknown[], depth: number): unknown[] {
    const kept = Array.from(this.#fitting(values), (each) => this.value(each, depth + 1))
    return values.length > kept.length ? [...kept, `… ${values.length - kept.length} more`] : kept
  }

  #members(members: readonly (readonly [string, unknown])[], depth: number): Record<string, unknown> {
    const kept = Array.from(this.#fitting(members), ([name, value]): [string, unknown] => {
      return [this.text(name), this.member(name, value, depth + 1)]
    })
    if (members.length > kept.length) kept.push(['…', `${members.length - kept.length} more`])
    return Object.fromEntries(kept)
  }
}

function errorFields(error: Error): [string, unknown][] {
  const { name, message, stack, cause } = error
  const { code, errors } = error as { code?: unknown; errors?: unknown }
  const fields = { name, message, code, cause, errors, stack }
  return Object.entries(fields).filter(([, value]) => value !== undefined)
}
