import { setTimeout as pause } from 'node:timers/promises'
import type Logger from 'bunyan'

/** Something that is done again and again beside answering. */
export interface Chore {
  /** Does it now, rather than at its next time. */
  wake(): void
  /** Resolves when what is under way has ended. */
  stop(): Promise<void>
}

export interface ChoreOptions {
  /** What it is, for the log: `reconcile payments`. */
  readonly name: string
  readonly everyMs: number
  readonly log: Logger
}

/**
 * Does `work` at once and then every `everyMs`, and again without a pause while it answers that more is to be done. What
 * fails is logged and done at its next time.
 */
export function startChore({ name, everyMs, log }: ChoreOptions, work: () => Promise<boolean>): Chore {
  let stopped = false
  let woken = false
  let sleep = new AbortController()

  const run = async (): Promise<void> => {
    while (!stopped) {
      woken = false
      let isMore = false
      try {
        isMore = await work()
      } catch (error) {
        log.warn({ err: error, chore: name }, 'a chore failed; its next time makes up for it')
      }
      if (isMore || woken || stopped) continue
      sleep = new AbortController()
      // Rejects when woken or told to stop.
      await pause(everyMs, undefined, { signal: sleep.signal }).catch(() => undefined)
    }
  }

  const ended = run()
  return {
    wake() {
      woken = true
      sleep.abort()
    },
    stop() {
      stopped = true
      sleep.abort()
      return ended
    },
  }
}
