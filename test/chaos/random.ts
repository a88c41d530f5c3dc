import { setTimeout as wait } from 'node:timers/promises'
import { randomNumbers } from '../../infra/random-numbers.ts'

/** Chance that repeats itself: the same seed gives the same numbers, on any machine. */
export class Random {
  /** From 0 up to, but not including, 1. */
  readonly next: () => number

  constructor(seed: string) {
    this.next = randomNumbers(hash(seed))
  }

  /** A whole number of `from` to `to`, both included. */
  between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1))
  }

  /** Waits for so many milliseconds, or until it is over. */
  async pause({ from, to }: { from: number; to: number }, over?: AbortSignal): Promise<void> {
    await wait(this.between(from, to), undefined, over && { signal: over }).catch(() => undefined)
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.between(0, items.length - 1)]
    if (item === undefined) throw new RangeError('nothing to pick from')
    return item
  }

  /** Picks the name of a weight, a heavier one more often. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const names = Object.keys(weights) as Name[]
    let left = this.next() * names.reduce((sum, name) => sum + weights[name], 0)
    for (const name of names) {
      left -= weights[name]
      if (left < 0) return name
    }
    return this.pick(names)
  }

  shuffled<Item>(items: readonly Item[]): Item[] {
    return items
      .map((item) => ({ item, place: this.next() }))
      .toSorted((a, b) => a.place - b.place)
      .map(({ item }) => item)
  }

  /** An idempotency key: a run with the same seed asks with the same ones. */
  key(): string {
    return `key-${Array.from({ length: 3 }, () => this.between(0, 0xffffffff).toString(16).padStart(8, '0')).join('')}`
  }
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193)
  return value | 0
}
