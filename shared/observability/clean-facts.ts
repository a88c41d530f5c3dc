import { isSecretName, mask, type Redact } from './redact.ts'

/** Of one text. */
const maxTextLength = 4_096
/**
 * Of all texts, names and other values together, and one more for what JSON puts around each: even where it writes each
 * character as six, a line stays below 64 KB.
 */
const maxCharacters = 9_000
const maxDepth = 6
const maxMembers = 100
/** A secret that the end of a text cuts in two is known as one by its first half, unless it is of a kind that is shorter than this. */
const maxSecretLength = 1_024

/**
 * Facts as JSON can write them: without secrets wherever they stood, bounded in length, depth and number, each error as its
 * name, message, code, stack and cause. What cannot be read or is too much is named as left out; never throws.
 */
export class FactCleaner {
  readonly #redact: Redact
  #charactersLeft = maxCharacters

  constructor(redact: Redact) {
    this.#redact = redact
  }

  /** A text, or the beginning of one that is too long. */
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
    switch (typeof value) {
      case 'string':
        return this.text(value)
      case 'number':
        return this.#number(value)
      case 'bigint':
        return this.text(String(value))
      case 'object':
        return value === null ? this.#plain(null) : this.#object(value, depth)
      case 'boolean':
      case 'undefined':
        return this.#plain(value)
      default:
        return this.#plain(`[${typeof value}]`)
    }
  }

  /** The value of a member that has this name. */
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

  /** What is short and holds no secret, and takes its room like the rest. */
  #plain<T>(value: T): T {
    this.#take(String(value).length)
    return value
  }

  #take(characters: number): void {
    this.#charactersLeft = Math.max(0, this.#charactersLeft - characters)
  }

  /** The first ones, as many as there is room for. */
  *#fitting<T>(values: readonly T[]): Generator<T> {
    for (const value of values.slice(0, maxMembers)) {
      if (this.#charactersLeft === 0) return
      yield value
    }
  }

  #object(value: object, depth: number): unknown {
    if (depth >= maxDepth || this.#charactersLeft === 0) return '[…]'
    try {
      if (value instanceof Error) return this.#members(errorFacts(value), depth)
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

function errorFacts(error: Error): [string, unknown][] {
  const { name, message, stack, cause } = error
  const { code, errors } = error as { code?: unknown; errors?: unknown }
  const facts = { name, message, code, cause, errors, stack }
  return Object.entries(facts).filter(([, value]) => value !== undefined)
}
