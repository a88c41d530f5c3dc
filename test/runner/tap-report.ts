/** Prints one line. */
type Print = (line: string) => void

const bookkeeping = /^(TAP version|\d+\.\.\d+|# (tests|pass|fail|skip|todo) \d+)/
const plan = /^\d+\.\.\d+$/
const details = { begin: /^ +---$/, end: /^ +\.\.\.$/ }
const finishedHook = /^# (.* › )?(before|after)(Each)?(\.always)? hook( for .*)?$/

export interface Failure {
  readonly title: string
  /** What AVA tells of it: message, values, place. Empty where it tells nothing. */
  readonly details: string[]
}

/**
 * Reads AVA's TAP output as it comes, prints it for people, and counts. Besides failed tests, AVA reports files that
 * crashed, timed out or held no test, and errors that nobody caught, as `not ok`: all of them count as failed.
 */
export class TapReport {
  passed = 0
  skipped = 0
  /** Whether AVA came to the end: it has told how many tests there were. */
  isComplete = false
  readonly failures: Failure[] = []
  readonly #print: Print
  #inDetails = false
  #rest = ''

  constructor(print: Print) {
    this.#print = print
  }

  write(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#line(line)
  }

  #line(line: string): void {
    this.isComplete ||= plan.test(line)
    const [, not, title, directive] = /^(not )?ok \d+(?: - (.*?))?(?: # (SKIP|TODO).*)?$/i.exec(line) ?? []
    if (title === undefined) {
      this.#detail(line)
      if (line.trim() !== '' && !bookkeeping.test(line) && !finishedHook.test(line))
        this.#print(`    ${line.replace(/^# {0,3}/, '')}`)
    } else if (directive) {
      this.skipped += 1
      this.#print(`  - ${title} (${directive.toLowerCase()})`)
    } else if (not) {
      this.failures.push({ title, details: [] })
      this.#print(`  ✘ ${title}`)
    } else {
      this.passed += 1
      this.#print(`  ✔ ${title}`)
    }
  }

  /** AVA tells details of failures only, so that they belong to the latest one. */
  #detail(line: string): void {
    if (details.begin.test(line)) this.#inDetails = true
    else if (details.end.test(line)) this.#inDetails = false
    else if (this.#inDetails) this.failures.at(-1)?.details.push(line)
  }
}
