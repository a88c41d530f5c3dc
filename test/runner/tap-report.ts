/** Prints one line. */
type Print = (line: string) => void

const bookkeeping = /^(TAP version|\d+\.\.\d+|# (tests|pass|fail|skip|todo) \d+)/
const finishedHook = /^# (.* › )?(before|after)(Each)?(\.always)? hook( for .*)?$/

/**
 * Reads AVA's TAP output as it comes, prints it for people, and counts. Besides failed tests, AVA reports files that
 * crashed, timed out or held no test, and errors that nobody caught, as `not ok`: all of them count as failed.
 */
export class TapReport {
  passed = 0
  failed = 0
  skipped = 0
  readonly failures: string[] = []
  readonly #print: Print
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
    const [, not, title, directive] = /^(not )?ok \d+(?: - (.*?))?(?: # (SKIP|TODO).*)?$/i.exec(line) ?? []
    if (title === undefined) {
      if (line.trim() !== '' && !bookkeeping.test(line) && !finishedHook.test(line))
        this.#print(`    ${line.replace(/^# {0,3}/, '')}`)
    } else if (directive) {
      this.skipped += 1
      this.#print(`  - ${title} (${directive.toLowerCase()})`)
    } else if (not) {
      this.failed += 1
      this.failures.push(title)
      this.#print(`  ✘ ${title}`)
    } else {
      this.passed += 1
      this.#print(`  ✔ ${title}`)
    }
  }
}
