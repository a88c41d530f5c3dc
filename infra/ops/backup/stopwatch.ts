import type { Say } from '../../say.ts'

export interface Step {
  readonly name: string
  readonly seconds: number
}

/** Tells and remembers how long each step of something took. */
export class Stopwatch {
  readonly #say: Say
  readonly #steps: Step[] = []

  constructor(say: Say) {
    this.#say = say
  }

  get steps(): readonly Step[] {
    return this.#steps
  }

  get totalSeconds(): number {
    return this.#steps.reduce((sum, { seconds }) => sum + seconds, 0)
  }

  async step<T>(name: string, work: () => Promise<T>): Promise<T> {
    const begin = performance.now()
    const result = await work()
    const seconds = (performance.now() - begin) / 1000
    this.#steps.push({ name, seconds })
    this.#say(`${name.padEnd(44)}${seconds.toFixed(1).padStart(8)} s`)
    return result
  }
}
