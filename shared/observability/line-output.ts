/** How long a line may wait for the next ones, in milliseconds. */
const batchMs = 10
const maxWaitingCharacters = 65_536

/**
 * Lines on standard output, those of a moment in one write: on Linux a write to a pipe is done when it returns, wakes whoever reads,
 * and costs as much as making the line. A process that is killed loses what it would have said of its last 10 ms.
 */
export class LineOutput {
  #waiting = ''
  #timer: NodeJS.Timeout | undefined
  #endsWithProcess = false

  /** The line with its end. */
  write(line: string): void {
    if (!this.#endsWithProcess) process.on('exit', () => this.flush())
    this.#endsWithProcess = true
    this.#waiting += line
    if (this.#waiting.length >= maxWaitingCharacters) this.flush()
    else this.#timer ??= setTimeout(() => this.flush(), batchMs)
  }

  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#waiting !== '') process.stdout.write(this.#waiting)
    this.#waiting = ''
  }
}
