import type { Say } from '../say.ts'

const warnLevel = 40
const levelNames: Record<number, string> = { 40: 'warn', 50: 'error', 60: 'fatal' }
/** A fault that hits every request must not turn the terminal into a second log. */
const linesPerSecond = 5
/** A line that is longer is not one of ours. */
const longestLine = 64 * 1024

/** Repeats warnings and errors among a child's log lines on the terminal, shortly. */
export class Echo {
  readonly #instance: string
  readonly #say: Say
  #rest = ''
  #second = 0
  #saidThisSecond = 0

  constructor({ instance, say }: { instance: string; say: Say }) {
    this.#instance = instance
    this.#say = say
  }

  write(chunk: Buffer): void {
    const lines = (this.#rest + chunk.toString('utf8')).split('\n')
    this.#rest = (lines.pop() ?? '').slice(0, longestLine)
    for (const line of lines) {
      const text = shortened(line)
      if (text) this.#repeat(text)
    }
  }

  #repeat(text: string): void {
    const second = Math.floor(performance.now() / 1000)
    if (second !== this.#second) this.#saidThisSecond = 0
    this.#second = second
    this.#saidThisSecond += 1
    if (this.#saidThisSecond < linesPerSecond) this.#say(`[${this.#instance}] ${text}`)
    else if (this.#saidThisSecond === linesPerSecond) this.#say(`[${this.#instance}] … more in its log`)
  }
}

function shortened(line: string): string | undefined {
  // Parsing each line of a busy gateway would cost more than writing it.
  if (!/"level":[456]0/.test(line)) return undefined
  try {
    const { level, msg, err } = JSON.parse(line) as { level: number; msg: string; err?: { message?: string } }
    if (level < warnLevel) return undefined
    return `${levelNames[level] ?? level}: ${msg}${err?.message ? ` (${err.message})` : ''}`
  } catch {
    return undefined
  }
}
