/**
 * A moment at which a process is to die, as it can be seen on its line. `before`: it asked, and nobody ever gets the
 * question. `after`: it was done and answered, and the process never gets the answer.
 */
export interface CrashMoment {
  readonly when: 'before' | 'after'
  /** Of a NATS subject, or of a request such as `POST /charges`. */
  readonly at: RegExp
}

export interface Crash extends CrashMoment {
  /** Sends SIGKILL before it returns; resolves when the process is gone. */
  kill(): Promise<void>
}

/** A line that a process has to others, on which its crash can be awaited. */
export interface Tap {
  /** Kills at the first such moment from now on; only one crash may be awaited at a time. */
  crashAt(crash: Crash): void
}
